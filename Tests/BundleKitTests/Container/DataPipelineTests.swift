// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import BundleKit
import SystemPackage
import TestSupport
import Testing

/// Data through the pipeline, on file systems that take direct writes and on those that do not.
struct DataPipelineTests {
    /// Around pages, around the size from which on writes are direct, and around buffers and the ring of them.
    static let sizes = [
        0, 1, 4095, 4096, 4097, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 2 << 20, (2 << 20) + 1, (12 << 20) + 4095,
    ]

    /// Bytes whose pages all differ.
    static func bytes(_ count: Int) -> [UInt8] {
        var state = UInt64(count)
        let block = (0..<4099).map { _ -> UInt8 in
            state = state &* 6_364_136_223_846_793_005 &+ 1
            return UInt8(truncatingIfNeeded: state >> 56)
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        while bytes.count < count { bytes += block.prefix(count - bytes.count) }
        return bytes
    }

    private func copy(_ bytes: [UInt8], at offset: Int64, in folder: Folder, _ pipeline: DataPipeline) throws {
        let name = "\(bytes.count)-\(offset)"
        let source = try folder.file(creating: "from-\(name)")
        try source.writeAll([7, 7, 7] + bytes + [8, 8, 8], at: 0)
        let target = try folder.file(creating: "to-\(name)")
        try target.writeAll([9, 9, 9], at: offset + Int64(bytes.count))
        let outcome = try pipeline.run(
            .file(source, at: 3), count: Int64(bytes.count), to: .file(target, at: offset))
        #expect(outcome.digest == (try SHA256Digest(of: bytes)), "\(name)")
        #expect(outcome.count == Int64(bytes.count))
        let written = try target.bytes(at: offset, count: bytes.count + 10)
        #expect(written == bytes + [9, 9, 9], "\(name)")
        #expect(try pipeline.run(.file(target, at: offset), count: outcome.count) == outcome)
        if let direct = DirectFile(target, .reading), offset == 0, !bytes.isEmpty {
            #expect(try pipeline.run(.medium(direct), count: outcome.count) == outcome)
            #expect(try pipeline.run(.medium(direct), count: outcome.count + 9999).count == outcome.count + 3)
        }
    }

    @Test(arguments: ["/var/tmp", "/dev/shm"])
    func copiesEverySizeToEveryOffset(_ place: String) throws {
        let made = try TemporaryFolder(in: FilePath(place))
        let folder = try made.open()
        let pipeline = try DataPipeline()
        for size in Self.sizes {
            let bytes = Self.bytes(size)
            for offset: Int64 in [0, 100, 4096] { try copy(bytes, at: offset, in: folder, pipeline) }
        }
    }

    @Test func checksumIsThatOfZIP() throws {
        let folder = try TemporaryFolder()
        let file = try folder.open().file(creating: "digits")
        try file.writeAll(Array("123456789".utf8), at: 0)
        #expect(try DataPipeline().run(.file(file, at: 0), count: 9).crc32 == 0xCBF4_3926)
        #expect(try DataPipeline().run(.file(file, at: 0), count: 0).crc32 == 0)
    }

    @Test func saysWhereTheSourceEnds() throws {
        let folder = try TemporaryFolder()
        let source = try folder.open().file(creating: "source")
        let target = try folder.open().file(creating: "target")
        let bytes = Self.bytes((3 << 20) + 5)
        try source.writeAll(bytes, at: 0)
        let outcome = try DataPipeline().run(.file(source, at: 0), count: 64 << 20, to: .file(target, at: 0))
        #expect(outcome.count == Int64(bytes.count))
        #expect(outcome.digest == (try SHA256Digest(of: bytes)))
        #expect(try target.status().size == Int64(bytes.count))
    }

    @Test func endsWithWhatTheReportThrows() throws {
        struct Stop: Error {}
        let folder = try TemporaryFolder()
        let source = try folder.open().file(creating: "source")
        try source.truncate(to: 1 << 40)
        let target = try folder.open().file(creating: "target")
        #expect(throws: Stop.self) {
            try DataPipeline().run(.file(source, at: 0), count: 1 << 40, to: .file(target, at: 0)) { _ in throw Stop() }
        }
        #expect(try target.status().size < 64 << 20)
    }

    @Test func endsWhenTheTaskIsCancelled() async throws {
        let folder = try TemporaryFolder()
        let source = try folder.open().file(creating: "source")
        try source.truncate(to: 1 << 40)
        let task = Task {
            try DataPipeline().run(.file(source, at: 0), count: 1 << 40) { _ in
                withUnsafeCurrentTask { $0?.cancel() }
            }
        }
        await #expect(throws: CancellationError.self) { try await task.value }
    }

    @Test(.enabled(if: TemporaryFileSystem.isAvailable, "needs a user who may mount"))
    func namesAFileThatFindsNoRoomInMemory() throws {
        let folder = try TemporaryFolder()
        let small = try TemporaryFileSystem(at: folder.path, bytes: 3 << 20)
        try withExtendedLifetime(small) { try expectNoRoom(at: small.path) }
    }

    @Test(.enabled(if: LoopFileSystem.Kind.ext4.isAvailable, "needs mkfs.ext4 and a user who may mount"))
    func namesAFileThatFindsNoRoomOnADisk() throws {
        let folder = try TemporaryFolder()
        let small = try LoopFileSystem(.ext4, around: folder.path)
        try withExtendedLifetime(small) { try expectNoRoom(at: small.path) }
    }

    private func expectNoRoom(at path: FilePath) throws {
        let folder = try TemporaryFolder()
        let source = try folder.open().file(creating: "source")
        try source.truncate(to: 64 << 20)
        let target = try Folder.open(path).file(creating: "target")
        let error = #expect(throws: FileError.self) {
            try DataPipeline().run(.file(source, at: 0), count: 64 << 20, to: .file(target, at: 0))
        }
        #expect(error?.code == .noSpace)
        #expect(error?.message.contains("/target") == true)
    }

    @Test func failsWhereTheTargetCannotBeWritten() throws {
        let folder = try TemporaryFolder()
        let name = try folder.open().file(creating: "both")
        try name.truncate(to: 8 << 20)
        let readOnly = try folder.open().file(reading: "both")
        #expect(throws: FileError.self) {
            try DataPipeline().run(.file(name, at: 0), count: 1 << 19, to: .file(readOnly, at: 0))
        }
    }
}
