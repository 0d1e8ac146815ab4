// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import BundleKit
import Synchronization
import SystemPackage
import TestSupport
import Testing

/// Several files read at once are judged as if they were read one behind the other.
struct ParallelVerifyTests {
    /// Large and small files in turn, more of them than there are processors.
    private static let sample: Sample = {
        var sample = Sample()
        sample.files = (0..<24).map { number in
            let name = number < 10 ? "model/0\(number).bin" : "model/\(number).bin"
            return (name, [UInt8](repeating: UInt8(number), count: number % 8 == 0 ? 5 << 20 : number * 1000))
        }
        return sample
    }()

    private func reader(damaging names: [String], in scratch: Scratch) throws -> PackageReader {
        var builder = try Self.sample.builder()
        for name in names {
            builder.change(name) { entry in
                let middle = entry.data.count / 2
                entry.data[middle] ^= 1
            }
        }
        return try PackageReader.open(builder.build(), in: scratch)
    }

    @Test func verdictsComeInTheOrderOfTheFiles() throws {
        let scratch = try Scratch()
        let reader = try reader(damaging: ["model/06.bin", "model/13.bin"], in: scratch)
        let verdicts = try reader.read(into: nil, stoppingAtFirstFault: false)
        #expect(verdicts.map(\.file) == reader.files)
        #expect(verdicts.filter { !$0.isOK }.map(\.file.path) == ["model/06.bin", "model/13.bin"])
    }

    @Test func theFirstFaultIsTheLastVerdict() throws {
        let scratch = try Scratch()
        let reader = try reader(damaging: ["model/13.bin", "model/06.bin", "model/07.bin"], in: scratch)
        for _ in 0..<5 {
            let verdicts = try reader.read(into: nil)
            #expect(verdicts.last?.file.path == "model/06.bin")
            #expect(verdicts.count { !$0.isOK } == 1)
            #expect(verdicts.map(\.file) == Array(reader.files.prefix(verdicts.count)))
        }
    }

    @Test func aFolderIsJudgedLikeItsPackage() throws {
        let scratch = try Scratch()
        let archive = try reader(damaging: [], in: scratch)
        var sample = Self.sample
        for file in sample.files { try scratch.write("folder/\(file.name)", file.bytes) }
        try scratch.write("folder/manifest.json", try sample.manifest)
        try scratch.write("folder/checksums.txt", try sample.checksums)
        let folder = try PackageReader.open(scratch.path.appending("folder"))
        #expect(try folder.read(into: nil).allSatisfy(\.isOK))
        #expect(try archive.read(into: nil).count == folder.files.count)
        sample.files[3].bytes[0] ^= 1
        try scratch.write("folder/model/03.bin", sample.files[3].bytes)
        #expect(try folder.read(into: nil).last?.file.path == "model/03.bin")
    }

    @Test func progressOnlyGrowsAndEndsWithAll() throws {
        final class Watch: ProgressObserver {
            let seen = Mutex<[Int64]>([])
            func report(_ phase: ProgressPhase, completed: Int64, total: Int64) {
                seen.withLock { $0.append(completed) }
            }
        }
        let scratch = try Scratch()
        let watch = Watch()
        let reader = try reader(damaging: [], in: scratch)
        _ = try reader.read(into: nil, progress: watch)
        let seen = watch.seen.withLock { $0 }
        #expect(seen == seen.sorted())
        #expect(seen.first == 0)
        #expect(seen.last == reader.size.bytes)
    }

    @Test func aCancelledTaskGetsNoVerdicts() async throws {
        let scratch = try Scratch()
        let reader = try reader(damaging: [], in: scratch)
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try reader.read(into: nil)
        }
        await #expect(throws: CancellationError.self) { try await task.value }
    }

    @Test func aFileThatIsGoneIsNamed() throws {
        let scratch = try Scratch()
        let sample = Self.sample
        for file in sample.files { try scratch.write("folder/\(file.name)", file.bytes) }
        try scratch.write("folder/manifest.json", try sample.manifest)
        let reader = try PackageReader.open(scratch.path.appending("folder"))
        try Folder.open(scratch.path.appending("folder/model")).removeFile("05.bin")
        let error = #expect(throws: FileError.self) { try reader.read(into: nil) }
        #expect(error?.code == .notFound)
        #expect(error?.message.contains("05.bin") == true)
    }
}
