// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import BundleKit
import Foundation
import Glibc
import ModelStore
import SystemPackage
import Testing
import TestSupport

/// Real packages, from the writer through the reader into the store.
@Suite(.temporaryHome)
struct PackageImportTests {
    private func write(flippingByteAt offset: Int? = nil) throws -> FilePath {
        let around = try Folder.open(TemporaryHome.around)
        let weights = GGUFBuilder.textModel.file
        try around.publish(weights, as: "tiny.gguf")
        try around.publish(Array("free".utf8), as: "LICENSE")
        let plan = PackagePlan(
            manifest: ManifestDraft(
                name: try PackageName(validating: "acme/tiny"), version: nil,
                members: ["kind": "model", "format": "gguf", "architecture": "llama"]),
            files: [
                PlannedFile(
                    path: "model/tiny.gguf", role: .weights, source: TemporaryHome.around.appending("tiny.gguf"),
                    size: Int64(weights.count)),
                PlannedFile(
                    path: "model/LICENSE", role: .license, source: TemporaryHome.around.appending("LICENSE"), size: 4),
            ], metadata: Array("{}\n".utf8))
        let target = TemporaryHome.around.appending("tiny.baimodel")
        _ = try PackageWriter.write(
            plan, to: .file(target, replacing: true, readBack: false), signing: nil, progress: SilentProgress())
        guard let offset else { return target }
        var bytes = try around.bytes(of: "tiny.baimodel")
        let start = try #require(Data(bytes).range(of: Data(weights))?.lowerBound)
        bytes[start + offset] ^= 0x40
        try around.publish(bytes, as: "tiny.baimodel")
        return target
    }

    private func add(_ reader: PackageReader, to fixture: StoreFixture) throws -> ImportResult {
        try fixture.store.importPackage(reader, ImportRequest(from: reader.source) { _ in StoreFixture.unsigned })
    }

    @Test func importsAFileSoThatItsFolderIsThePackage() throws {
        let fixture = try StoreFixture()
        let reader = try PackageReader.open(try write())
        let stored = try add(reader, to: fixture).package
        let folder = try PackageReader.open(stored.folder)
        #expect(folder.identity == reader.identity)
        #expect(folder.manifestBytes == reader.manifestBytes)
        #expect(try folder.read(into: nil).allSatisfy(\.isOK))
        let check = try Program("sha256sum").run(["--strict", "-c", "checksums.txt"], in: stored.folder.string)
        #expect(check.status == 0, "\(check)")
        #expect(try add(folder, to: fixture).outcome == .present)
    }

    @Test func importsAStream() throws {
        let fixture = try StoreFixture()
        let cat = Pipe()
        let data = try Data(contentsOf: URL(fileURLWithPath: try write().string))
        // The whole package fits into the pipe's buffer.
        try cat.fileHandleForWriting.write(contentsOf: data)
        try cat.fileHandleForWriting.close()
        let input = try OwnedDescriptor.duplicating(cat.fileHandleForReading.fileDescriptor, path: "standard input")
        var opening = PackageOpening()
        opening.spoolFolder = TemporaryHome.around
        let reader = try PackageReader.open(stream: input, opening)
        let result = try add(reader, to: fixture)
        #expect(result.outcome == .imported)
        #expect(result.package.receipt.source == "standard input")
        #expect(try fixture.store.resolve(ModelReference("tiny")).version.identity == reader.identity)
    }

    @Test(arguments: [true, false])
    func readsAFileOnceMoreThatTheStoreHoldsDamaged(_ isStream: Bool) throws {
        let fixture = try StoreFixture()
        let path = try write()
        let stored = try add(try PackageReader.open(path), to: fixture).package
        let weights = stored.weights[0].string
        #expect(chmod(weights, 0o600) == 0)
        let file = try #require(FileHandle(forUpdatingAtPath: weights))
        try file.seek(toOffset: 1000)
        try file.write(contentsOf: [0x58])
        try file.close()
        // The version goes, and its contents stay.
        let version = stored.folder.removingLastComponent()
        try Folder.open(version.removingLastComponent()).removeTree(try #require(version.lastComponent).string)
        var reader = try PackageReader.open(path)
        if isStream {
            let pipe = Pipe()
            try pipe.fileHandleForWriting.write(contentsOf: try Data(contentsOf: URL(fileURLWithPath: path.string)))
            try pipe.fileHandleForWriting.close()
            let input = try OwnedDescriptor.duplicating(
                pipe.fileHandleForReading.fileDescriptor, path: "standard input")
            var opening = PackageOpening()
            opening.spoolFolder = TemporaryHome.around
            reader = try PackageReader.open(stream: input, opening)
        }
        #expect(reader.canBeReadAgain == !isStream)
        let result = try add(reader, to: fixture)
        #expect(result.outcome == .imported)
        #expect(result.repaired.count == 1)
        #expect(try fixture.store.check().isHealthy)
    }

    @Test func refusesAFlippedByteAndKeepsNothing() throws {
        let fixture = try StoreFixture()
        let reader = try PackageReader.open(try write(flippingByteAt: 200))
        let error = #expect(throws: BundleError.self) { try add(reader, to: fixture) }
        #expect(error?.exitStatus == .invalidContent)
        #expect(error?.message.contains("model/tiny.gguf") == true)
        #expect(try fixture.paths(under: "models/").isEmpty)
        #expect(try fixture.paths(under: "staging/").isEmpty)
        #expect(try fixture.paths(under: "blobs/sha256/").isEmpty)
    }
}
