// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import BundleKit
import SystemPackage
import TestSupport
import Testing

/// Packages and their files on a file system that shares blocks.
@Suite(.enabled(if: LoopFileSystem.Kind.xfs.isAvailable, "needs mkfs.xfs and a user who may mount"))
struct CloneTests {
    private static let sizes = [65_536, (1 << 20) + 1, (8 << 20) + 4095, 32 << 20]

    private func sample() -> Sample {
        var sample = Sample()
        sample.files = Self.sizes.map { ("model/\($0).gguf", DataPipelineTests.bytes($0)) } + [("model/small", [1, 2])]
        return sample
    }

    /// Keeps what is read in files.
    private struct FolderSink: PackageSink {
        let folder: Folder

        func destination(for file: PackageFile) throws -> OwnedDescriptor? {
            try folder.file(creating: file.sha256.hex)
        }

        func complete(_ file: PackageFile, digest: SHA256Digest) throws {
            try folder.file(reading: digest.hex).sync()
        }
    }

    private func withFileSystem(_ body: (Folder, Scratch) throws -> Void) throws {
        let around = try TemporaryFolder()
        let system = try LoopFileSystem(.xfs, around: around.path)
        try withExtendedLifetime(system) { try body(Folder.open(system.path), Scratch()) }
    }

    @Test func filesShareTheBlocksOfTheirPackage() throws {
        try withFileSystem { folder, scratch in
            let sample = sample()
            let target = FilePath(folder.path).appending("x.baimodel")
            _ = try PackageWriter.write(
                try sample.plan(in: scratch), to: .file(target, replacing: false, readBack: false))
            let reader = try PackageReader.open(target)
            let before = try folder.freeSpace().bytes
            let sink = FolderSink(folder: try folder.folder(making: "files"))
            #expect(try reader.read(into: sink).allSatisfy(\.isOK))
            for file in sample.files {
                let name = try SHA256Digest(of: file.bytes).hex
                #expect(try sink.folder.bytes(of: name, limit: 64 << 20) == file.bytes, "\(file.name)")
            }
            #expect(before - (try folder.freeSpace().bytes) < 4 << 20)
        }
    }

    @Test func damagedDataIsFoundInTheCopy() throws {
        try withFileSystem { folder, scratch in
            let target = FilePath(folder.path).appending("x.baimodel")
            _ = try PackageWriter.write(
                try sample().plan(in: scratch), to: .file(target, replacing: false, readBack: false))
            var bytes = try folder.bytes(of: "x.baimodel", limit: 64 << 20)
            bytes[bytes.count / 2] ^= 1
            try folder.publish(bytes, as: "x.baimodel")
            let reader = try PackageReader.open(target)
            let sink = FolderSink(folder: try folder.folder(making: "files"))
            let verdicts = try reader.read(into: sink)
            #expect(verdicts.last?.file.size == Int64(Self.sizes[3]))
            #expect(verdicts.last?.isOK == false)
        }
    }
}
