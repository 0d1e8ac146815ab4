// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import BundleKit
import Glibc
import Synchronization
import SystemPackage
import TestSupport
import Testing

/// Runs code at the first report of a phase and keeps the phases.
private final class Interruption: ProgressObserver {
    private let phase: ProgressPhase
    private let action: @Sendable () -> Void
    private let state = Mutex<(phases: [ProgressPhase], done: Bool)>(([], false))

    var phases: [ProgressPhase] { state.withLock { $0.phases } }

    init(at phase: ProgressPhase = .hashing, _ action: @escaping @Sendable () -> Void = {}) {
        self.phase = phase
        self.action = action
    }

    func report(_ phase: ProgressPhase, completed: Int64, total: Int64) {
        let isFirst = state.withLock { state in
            if state.phases.last != phase { state.phases.append(phase) }
            guard phase == self.phase, !state.done else { return false }
            state.done = true
            return true
        }
        if isFirst { action() }
    }
}

struct PackageWriterTests {
    private struct Refusal: Error {}

    @Test func existingTargetIsRefusedUnlessReplaced() throws {
        let scratch = try Scratch()
        let plan = try Sample().plan(in: scratch)
        let target = try scratch.write("x.baimodel", [1])
        let observer = Interruption()
        let error = #expect(throws: FileError.self) {
            try PackageWriter.write(plan, to: .file(target, replacing: false, readBack: false), progress: observer)
        }
        #expect(error?.code == .exists)
        #expect(error?.exitStatus == .usage)
        #expect(error?.hint?.contains("--force") == true)
        #expect(observer.phases.isEmpty)
        #expect(try scratch.bytes("x.baimodel") == [1])
        let written = try PackageWriter.write(
            plan, to: .file(target, replacing: true, readBack: false), progress: observer)
        #expect(observer.phases == [.hashing, .packaging, .verifying])
        #expect(try PackageReader.open(target).identity == written.identity)
        #expect(try scratch.folder.names() == ["source", "x.baimodel"])
        #expect(try scratch.folder.status(of: "x.baimodel")?.linkCount == 1)
    }

    @Test func fileThatAppearsMeanwhileIsNotOverwritten() throws {
        let scratch = try Scratch()
        let plan = try Sample().plan(in: scratch)
        let folder = try scratch.folder
        let observer = Interruption { try? folder.publish([7], as: "x.baimodel") }
        let error = #expect(throws: FileError.self) {
            try PackageWriter.write(
                plan, to: .file(scratch.path.appending("x.baimodel"), replacing: false, readBack: false),
                progress: observer)
        }
        #expect(error?.code == .exists)
        #expect(try scratch.bytes("x.baimodel") == [7])
        #expect(try scratch.folder.names() == ["source", "x.baimodel"])
    }

    @Test(arguments: [ProgressPhase.hashing, .packaging, .verifying])
    func nothingHasANameBeforeItIsComplete(_ phase: ProgressPhase) throws {
        let scratch = try Scratch()
        let plan = try Sample().plan(in: scratch)
        let folder = try scratch.folder
        let seen = Mutex<[String]>([])
        let observer = Interruption(at: phase) { seen.withLock { $0 = (try? folder.names()) ?? ["?"] } }
        _ = try PackageWriter.write(
            plan, to: .file(scratch.path.appending("x.baimodel"), replacing: false, readBack: true), progress: observer)
        #expect(seen.withLock { $0 }.filter { !$0.hasPrefix(".x.baimodel.") } == ["source"])
    }

    @Test func failedSigningLeavesNothing() throws {
        let scratch = try Scratch()
        let plan = try Sample().plan(in: scratch)
        let target = try scratch.write("x.baimodel", [1])
        #expect(throws: Refusal.self) {
            try PackageWriter.write(
                plan, to: .file(target, replacing: true, readBack: false), signing: { _ in throw Refusal() })
        }
        #expect(try scratch.bytes("x.baimodel") == [1])
        #expect(try scratch.folder.names() == ["source", "x.baimodel"])
    }

    @Test func folderAndSourceAreNoTargets() throws {
        let scratch = try Scratch()
        let plan = try Sample().plan(in: scratch)
        let folder = #expect(throws: FileError.self) {
            try PackageWriter.write(plan, to: .file(scratch.path, replacing: true, readBack: false))
        }
        #expect(folder?.code == .exists)
        let source = #expect(throws: BundleError.self) {
            try PackageWriter.write(plan, to: .file(plan.files[0].source, replacing: true, readBack: false))
        }
        #expect(source?.code == .invalidRequest)
        #expect(
            try OwnedDescriptor.open(reading: plan.files[0].source).bytes(at: 0, count: 100) == Sample().files[0].bytes)
    }

    @Test func missingRoomIsSaidBeforeTheFirstByte() throws {
        let scratch = try Scratch()
        var plan = try Sample().plan(in: scratch)
        let size = try scratch.folder.freeSpace().bytes + (1 << 40)
        let huge = try scratch.folder.file(creating: "huge")
        try huge.truncate(to: size)
        plan = PackagePlan(
            manifest: plan.manifest,
            files: [
                PlannedFile(path: "model/huge", role: .weights, source: scratch.path.appending("huge"), size: size)
            ],
            metadata: nil)
        let observer = Interruption()
        let error = #expect(throws: FileError.self) {
            try PackageWriter.write(
                plan, to: .file(scratch.path.appending("x.baimodel"), replacing: false, readBack: false),
                progress: observer)
        }
        #expect(error?.code == .noSpace)
        #expect(error?.message.contains("\(size / 1_000_000)".prefix(3)) == true)
        #expect(observer.phases.isEmpty)
        #expect(try scratch.folder.names() == ["huge", "source"])
    }

    @Test func changedSourceIsFound() throws {
        let scratch = try Scratch()
        let plan = try Sample().plan(in: scratch)
        let path = plan.files[0].source
        let target = PackageTarget.file(scratch.path.appending("x.baimodel"), replacing: false, readBack: false)
        let observer = Interruption { _ = try? scratch.write("source/model/a.gguf", Array("Weights".utf8)) }
        let error = #expect(throws: BundleError.self) { try PackageWriter.write(plan, to: target, progress: observer) }
        #expect(error?.code == .sourceChanged)
        #expect(error?.exitStatus == .invalidContent)
        #expect(error?.message.contains(path.string) == true)
        #expect(try scratch.folder.names() == ["source"])
        try scratch.write("source/model/a.gguf", [1])
        #expect(throws: BundleError.self) { try PackageWriter.measure(plan) }
    }

    @Test func changedSourceEndsAStreamWithoutItsDirectory() throws {
        let scratch = try Scratch()
        let plan = try Sample().plan(in: scratch)
        let drain = try PipeDrain(in: scratch)
        let observer = Interruption(at: .packaging) {
            _ = try? scratch.write("source/model/a.gguf", Array("Weights".utf8))
        }
        let error = #expect(throws: BundleError.self) {
            try PackageWriter.write(plan, to: .stream(drain.input), progress: observer)
        }
        #expect(error?.code == .sourceChanged)
        let piped = try drain.finish()
        #expect(!piped.isEmpty)
        #expect(throws: BundleError.self) { try PackageReader.open(piped, in: scratch) }
    }

    @Test func signatureStandsEarlyInAStreamAndLastInAFile() throws {
        let scratch = try Scratch()
        let plan = try Sample().plan(in: scratch)
        let target = scratch.path.appending("x.baimodel")
        let signed = Mutex<[[UInt8]]>([])
        let signing: PackageWriter.Signing = { bytes in
            signed.withLock { $0.append(bytes) }
            return Array("signature".utf8)
        }
        _ = try PackageWriter.write(plan, to: .file(target, replacing: false, readBack: false), signing: signing)
        let drain = try PipeDrain(in: scratch)
        _ = try PackageWriter.write(plan, to: .stream(drain.input), signing: signing)
        let reader = try PackageReader.open(target)
        #expect(signed.withLock { $0 } == [reader.checksumsBytes, reader.checksumsBytes])
        let late = try PackageReader.open(piping: scratch.bytes("x.baimodel"), in: scratch)
        #expect(!late.signatureIsKnown)
        _ = try late.read(into: nil)
        #expect(late.signature == Array("signature".utf8))
        let early = try PackageReader.open(piping: try drain.finish(), in: scratch)
        #expect(early.signatureIsKnown)
        #expect(early.signature == Array("signature".utf8))
        #expect(try early.read(into: nil).allSatisfy(\.isOK))
    }

    @Test func rewritingKeepsDocumentsAndFindsDamage() throws {
        let scratch = try Scratch()
        var sample = Sample()
        sample.manifestChanges["shelf"] = "kept as it was spelled"
        var builder = try sample.builder()
        builder.add("checksums.txt.asc", [1, 2])
        builder.add("model.sig", [3])
        let stored = try PackageReader.open(builder.build(), in: scratch)
        let target = scratch.path.appending("y.baimodel")
        let written = try PackageWriter.rewrite(stored, to: .file(target, replacing: false, readBack: true))
        let again = try PackageReader.open(target)
        #expect(written.isSigned)
        #expect(try again.manifestBytes == sample.manifest)
        #expect(try again.checksumsBytes == sample.checksums)
        #expect(again.signature == [1, 2])
        #expect(again.modelSignature == [3])

        builder.change("model/a.gguf") { $0.data[0] ^= 1 }
        let damaged = try PackageReader.open(builder.build(), in: scratch)
        let error = #expect(throws: BundleError.self) {
            try PackageWriter.rewrite(damaged, to: .file(target, replacing: true, readBack: false))
        }
        #expect(error?.code == .digestMismatch)
        #expect(try PackageReader.open(target).identity == written.identity)
    }

    @Test(arguments: ["manifest.json", "checksums.txt", "model/A.gguf", "model", "../x"])
    func refusesPlansWithNamesThatClash(_ name: String) throws {
        let scratch = try Scratch()
        let plan = try Sample().plan(in: scratch)
        let extra = PlannedFile(path: name, role: .other, source: plan.files[0].source, size: plan.files[0].size)
        let bad = PackagePlan(manifest: plan.manifest, files: plan.files + [extra], metadata: nil)
        #expect(throws: BundleError.self) { try PackageWriter.measure(bad) }
    }

    @Test func cancelledWriterLeavesNothing() async throws {
        let scratch = try Scratch()
        let plan = try Sample().plan(in: scratch)
        let target = PackageTarget.file(scratch.path.appending("x.baimodel"), replacing: false, readBack: false)
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            _ = try PackageWriter.write(plan, to: target)
        }
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(try scratch.folder.names() == ["source"])
    }

    @Test func draftsOfProcessesThatAreGoneAreRemoved() throws {
        let scratch = try Scratch()
        let plan = try Sample().plan(in: scratch)
        let gone = try Program("true").start([])
        let number = gone.processIdentifier
        _ = try gone.wait()
        try scratch.write(".x.baimodel.\(number).partial", [1])
        try scratch.write(".x.baimodel.1.partial", [1])
        try scratch.write(".x.baimodel.notes.partial", [1])
        _ = try PackageWriter.write(
            plan, to: .file(scratch.path.appending("x.baimodel"), replacing: false, readBack: false))
        #expect(
            try scratch.folder.names() == [
                ".x.baimodel.1.partial", ".x.baimodel.notes.partial", "source", "x.baimodel",
            ])
    }

    @Test func onlyRegularFilesAreReplaced() throws {
        let scratch = try Scratch()
        let plan = try Sample().plan(in: scratch)
        #expect(mkfifo(scratch.path.appending("x.baimodel").string, 0o600) == 0)
        let error = #expect(throws: FileError.self) {
            try PackageWriter.write(
                plan, to: .file(scratch.path.appending("x.baimodel"), replacing: true, readBack: false))
        }
        #expect(error?.code == .wrongPlace)
        #expect(try scratch.folder.status(of: "x.baimodel")?.kind == .pipe)
    }
}
