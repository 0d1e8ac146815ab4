// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import BundleKit
import SystemPackage
import TestSupport
import Testing

/// Packages whose manifest follows no schema of baigo.
struct ForeignManifestTests {
    private static let files: [(name: String, bytes: [UInt8])] = Sample().files

    private func hex(_ index: Int) throws -> String { try SHA256Digest(of: Self.files[index].bytes).hex }

    private func builder(_ manifest: String, list: Bool = false) throws -> ArchiveBuilder {
        var text = manifest
        for index in Self.files.indices { text = text.replacing("$\(index)", with: try hex(index)) }
        var builder = ArchiveBuilder()
        builder.add("manifest.json", Array(text.utf8))
        for file in Self.files { builder.add(file.name, file.bytes) }
        if list {
            var digests = ["manifest.json": try SHA256Digest(of: Array(text.utf8))]
            for file in Self.files { digests[file.name] = try SHA256Digest(of: file.bytes) }
            builder.add("checksums.txt", ChecksumList(digests: digests).bytes)
        }
        return builder
    }

    @Test func takesNoTimeForManyKeysAndQuotesFewOfThem() throws {
        let keys = (0..<200_000).map { #""k\#($0)":1"# }.joined(separator: ",")
        let scratch = try Scratch()
        let bytes = try builder(#"{\#(keys),"ID":"acme/x","revision":"2","model/a.gguf":"$0","LICENSE":"$1"}"#).build()
        let start = ContinuousClock.now
        #expect(try PackageReader.open(bytes, in: scratch).manifest.name.description == "acme/x")
        #expect(ContinuousClock.now - start < .seconds(20))
        let long = String(repeating: "n", count: 1 << 20)
        let error = try #require(throws: BundleError.self) {
            try PackageReader.open(try builder(#"{"name":"\#(long)!","model/a.gguf":"$0"}"#).build(), in: scratch)
        }
        #expect(error.message.utf8.count < 1024)
    }

    @Test(arguments: [
        #"{"name":"acme/x","version":"2","files":[{"path":"model/a.gguf","sha256":"$0"},{"path":"model/LICENSE","sha256":"$1"}]}"#,
        #"{"name":"acme/x","version":"2","files":{"model/a.gguf":"$0","LICENSE":"sha256:$1"}}"#,
        #"{"model":{"name":"acme/x","version":"2","weights":{"filename":"a.gguf","SHA256":"$0"}},"license":{"file":"./model/LICENSE","digest":"sha256:$1"}}"#,
        #"{"model":"acme/x","revision":"2","checksums":[[{"file":"a.gguf","checksum":"$0"}],{"name":"LICENSE","hash":"$1"}]}"#,
        #"{"model_name":"acme/x","version":"2","artifacts":{"model/a.gguf":{"sha256":"$0","bytes":7},"LICENSE":{"sha256":"$1"}},"source":{"name":"other","sha256":"$1"}}"#,
    ])
    func pairsOfNameAndDigestCount(_ manifest: String) throws {
        let scratch = try Scratch()
        let bytes = try builder(manifest).build()
        for reader in [try PackageReader.open(bytes, in: scratch), try .open(piping: bytes, in: scratch)] {
            #expect(reader.manifest.name.description == "acme/x")
            #expect(reader.manifest.version.description == "2")
            #expect(reader.manifest.weights.map(\.path) == ["model/a.gguf"])
            #expect(!reader.hasOwnChecksums)
            #expect(reader.warnings.contains { $0.identifier == "bundle.foreign-manifest" })
            let contents = try reader.contents(in: scratch)
            #expect(contents["model/a.gguf"] == Self.files[0].bytes)
            #expect(contents["manifest.json"] == reader.manifestBytes)
        }
    }

    @Test func aListCoversWhatTheManifestDoesNot() throws {
        let scratch = try Scratch()
        let reader = try PackageReader.open(
            try builder(#"{"name":"x","weights":{"file":"a.gguf","sha256":"$0"}}"#, list: true).build(), in: scratch)
        #expect(reader.hasOwnChecksums)
        #expect(reader.manifest.version.description.hasPrefix("sha-"))
        #expect(try reader.contents(in: scratch).count == 3)
    }

    @Test func nameAndVersionMayBeGiven() throws {
        let scratch = try Scratch()
        let bytes = try builder(#"{"name":"no name!","files":{"a.gguf":"$0","LICENSE":"$1"}}"#).build()
        let error = #expect(throws: BundleError.self) { _ = try PackageReader.open(bytes, in: scratch) }
        #expect(error?.code == .invalidName)
        #expect(error?.hint?.contains("--name") == true)
        var opening = PackageOpening()
        opening.name = try PackageName(validating: "acme/given")
        opening.version = try PackageVersion(validating: "9")
        let reader = try PackageReader.open(try scratch.write("y.baimodel", bytes), opening)
        #expect(reader.manifest.name.description == "acme/given")
        #expect(reader.manifest.version.description == "9")
    }

    @Test(arguments: [
        (#"{"name":"x","files":{"a.gguf":"$0"}}"#, BundleError.Code.unlistedEntry),
        (#"{"name":"x"}"#, .unlistedEntry),
        (#"{"name":"x","files":{"a.gguf":"$0","LICENSE":"$1","model/b.gguf":"$1"}}"#, .missingEntry),
        (#"{"name":"x","files":[{"path":"../a","sha256":"$0"}]}"#, .missingEntry),
        (#"{"name":"x","files":{"a.gguf":"$0","LICENSE":"$1"},"again":{"model/a.gguf":"$1"}}"#, .digestMismatch),
        (#"{"name":"x","schemaVersion":2,"files":{"a.gguf":"$0","LICENSE":"$1"}}"#, .unsupported),
        (#"{"name":"x","schemaVersion":"1","files":{"a.gguf":"$0","LICENSE":"$1"}}"#, .manifest),
        (#"{"name":"x","name":"x","files":{"a.gguf":"$0","LICENSE":"$1"}}"#, .manifest),
        (#"[{"path":"a.gguf","sha256":"$0"}]"#, .manifest),
    ])
    func refusesWhatIsNotClear(_ manifest: String, _ code: BundleError.Code) throws {
        let scratch = try Scratch()
        let bytes = try builder(manifest).build()
        let error = #expect(throws: BundleError.self) { _ = try PackageReader.open(bytes, in: scratch) }
        #expect(error?.code == code, "\(error?.message ?? "")")
    }

    @Test func refusesABaseNameThatFitsTwoFiles() throws {
        let scratch = try Scratch()
        var builder = try builder(#"{"name":"x","files":{"a.gguf":"$0","LICENSE":"$1"}}"#)
        builder.add("model/more/a.gguf", Self.files[0].bytes)
        // "a.gguf" is model/a.gguf by its path; another one fits two files only by its base name.
        #expect(throws: BundleError.self) { _ = try PackageReader.open(builder.build(), in: scratch) }
        builder = ArchiveBuilder()
        let text = try #"{"name":"x","files":{"a.gguf":"\#(hex(0))"}}"#
        builder.add("manifest.json", Array(text.utf8))
        builder.add("model/one/a.gguf", Self.files[0].bytes)
        builder.add("model/two/a.gguf", Self.files[0].bytes)
        let error = #expect(throws: BundleError.self) { _ = try PackageReader.open(builder.build(), in: scratch) }
        #expect(error?.code == .disagreement)
    }

    @Test func aDifferingByteIsFound() throws {
        let scratch = try Scratch()
        var builder = try builder(#"{"name":"x","files":{"a.gguf":"$0","LICENSE":"$1"}}"#)
        builder.entries.removeAll { $0.central.name == Array("model/LICENSE".utf8) }
        builder.add("model/LICENSE", Array("Apache?".utf8))
        let reader = try PackageReader.open(builder.build(), in: scratch)
        let faults = try reader.read(into: nil, stoppingAtFirstFault: false).filter { !$0.isOK }
        #expect(faults.map(\.file.path) == ["model/LICENSE"])
    }
}
