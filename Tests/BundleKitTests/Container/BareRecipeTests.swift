// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import BundleKit
import SystemPackage
import TestSupport
import Testing

/// Model files with a list of checksums and no manifest.
struct BareRecipeTests {
    private static let model = GGUFBuilder.textModel.file

    private func recipe(in scratch: Scratch, _ script: String) throws {
        try scratch.write("p/tiny.gguf", Self.model)
        try scratch.write("p/LICENSE", Array("Apache\n".utf8))
        let result = try Program("bash").run(
            ["-euo", "pipefail", "-c", script], in: scratch.path.appending("p").string)
        #expect(result.status == 0, "\(result)")
    }

    private func opening(_ scratch: Scratch) -> PackageOpening {
        var opening = PackageOpening()
        opening.spoolFolder = scratch.path
        opening.madeBy = "test"
        return opening
    }

    @Test(arguments: [
        ("sha256sum * > checksums.txt; tar czf ../x .", "checksums.txt"),
        ("sha256sum ./* > ../l; mv ../l SHA256SUMS; tar cf ../x *", "SHA256SUMS"),
        ("sha256sum -b * > checksums.txt; cd ..; tar --zstd -cf x p", "checksums.txt"),
    ])
    func recipeGetsAManifestFromItsModel(_ script: String, _ list: String) throws {
        let scratch = try Scratch()
        try recipe(in: scratch, script)
        let listBytes = try Folder.open(scratch.path.appending("p")).bytes(of: list)
        for path in ["x", "p"] {
            let reader = try PackageReader.open(scratch.path.appending(path), opening(scratch))
            #expect(reader.hasMadeManifest)
            #expect(reader.hasOwnChecksums)
            #expect(reader.checksumsBytes == listBytes)
            #expect(try reader.identity == SHA256Digest(of: listBytes))
            #expect(reader.manifest.name.description == "tiny-llama")
            #expect(reader.manifest.licenseFile == "LICENSE")
            #expect(reader.manifest.weights.map(\.path) == ["tiny.gguf"])
            #expect(try Manifest(reading: reader.manifestBytes).files == reader.manifest.files)
            let contents = try reader.contents(in: scratch)
            #expect(contents["tiny.gguf"] == Self.model)
            #expect(contents["manifest.json"] == reader.manifestBytes)
            #expect(reader.warnings.contains { $0.identifier == "bundle.made-manifest" })
        }
        #expect(try scratch.folder.names().sorted().filter { $0.hasPrefix(".baigo") } == [])
    }

    @Test func takesNameAndVersionFromTheCaller() throws {
        let scratch = try Scratch()
        try recipe(in: scratch, "sha256sum * > checksums.txt")
        var opening = opening(scratch)
        opening.name = try PackageName(validating: "acme/other")
        opening.version = try PackageVersion(validating: "7")
        let reader = try PackageReader.open(scratch.path.appending("p"), opening)
        #expect(reader.manifest.name.description == "acme/other")
        #expect(reader.manifest.version.description == "7")
    }

    @Test func refusesToRenameAPackageWithAName() throws {
        let scratch = try Scratch()
        for (name, bytes) in Sample().files { try scratch.write("p/\(name)", bytes) }
        try scratch.write("p/manifest.json", try Sample().manifest)
        var opening = opening(scratch)
        opening.name = try PackageName(validating: "acme/other")
        let error = #expect(throws: BundleError.self) {
            _ = try PackageReader.open(scratch.path.appending("p"), opening)
        }
        #expect(error?.code == .invalidRequest)
    }

    @Test(arguments: [
        ("sha256sum * > checksums.txt; echo x > more", BundleError.Code.unlistedEntry),
        ("sha256sum * > checksums.txt; rm LICENSE", .missingEntry),
        ("sha256sum * > checksums.txt; cp checksums.txt SHA256SUMS", .checksums),
        ("sha256sum * > checksums.txt; sed -i 's/^./X/' checksums.txt", .checksums),
        ("sha256sum * > checksums.txt; cat checksums.txt checksums.txt > y; mv y checksums.txt", .checksums),
        ("rm tiny.gguf; sha256sum * > checksums.txt", .noWeights),
        ("true", .manifestMissing),
    ])
    func refusesRecipesThatDoNotAddUp(_ script: String, _ code: BundleError.Code) throws {
        let scratch = try Scratch()
        try recipe(in: scratch, script)
        let error = #expect(throws: BundleError.self) {
            _ = try PackageReader.open(scratch.path.appending("p"), opening(scratch))
        }
        #expect(error?.code == code)
    }

    @Test func namesTheFileThatDiffers() throws {
        let scratch = try Scratch()
        try recipe(in: scratch, "sha256sum * > checksums.txt; echo Other > LICENSE")
        let reader = try PackageReader.open(scratch.path.appending("p"), opening(scratch))
        let faults = try reader.read(into: nil, stoppingAtFirstFault: false).filter { !$0.isOK }
        #expect(faults.map(\.file.path) == ["LICENSE"])
    }

    @Test func becomesANewPackage() throws {
        let scratch = try Scratch()
        try recipe(in: scratch, "sha256sum * > checksums.txt; echo x > checksums.txt.asc")
        let reader = try PackageReader.open(scratch.path.appending("p"), opening(scratch))
        #expect(reader.signature != nil)
        let target = scratch.path.appending("x.baimodel")
        let written = try PackageWriter.rewrite(reader, to: .file(target, replacing: false, readBack: false))
        #expect(!written.isSigned)
        let made = try PackageReader.open(target)
        #expect(made.manifest.weights.map(\.path) == ["model/tiny.gguf"])
        #expect(made.manifest.licenseFile == "model/LICENSE")
        #expect(made.manifest.version == reader.manifest.version)
        #expect(made.signature == nil)
        #expect(try made.contents(in: scratch)["model/tiny.gguf"] == Self.model)
    }
}
