// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import Foundation
import TestSupport
import Testing

/// Bundles of plain tools, from the packager's host to the closed host and back.
struct BundleTests {
    @Test func aSignedRecipeIsImportedAsItIs() throws {
        let ring = try KeyRing()
        let signer = try ring.makeKey("Packager <packager@example.org>")
        let sender = try Site(gnupg: ring)
        let made = try sender.shell(
            """
            mkdir p && cp '\(Site.model)' p/ && cd p && sha256sum * > checksums.txt
            gpg --batch --quiet --armor --detach-sign checksums.txt && tar czf ../recipe.tar.gz .
            """)
        expect(made, endsWith: .done)
        try sender.write(Data(try ring.publicKey(signer)), to: "key.asc")
        expect(try sender.baigo("trust", "add", "key.asc", "--fingerprint", signer), endsWith: .done)
        expect(try sender.baigo("verify", "recipe.tar.gz", "--require-signature"), endsWith: .done)
        let imported = try sender.shell(
            "cat recipe.tar.gz | \"$BAIGO\" import - --yes --json --name acme/tiny --version 1")
        expect(imported, endsWith: .done)
        #expect(try imported.json["model"]?["trusted"] == true)
        let shown = try sender.baigo("show", "acme/tiny", "--json").json
        let package = try #require(shown["path"]?.string)
        #expect(
            try Data(contentsOf: URL(fileURLWithPath: package + "/checksums.txt")) == sender.contents("p/checksums.txt")
        )
        expect(try Program("sha256sum").run(["--strict", "-c", "checksums.txt"], in: package), endsWith: .done)
        expect(
            try sender.tool("gpg", "--verify", package + "/checksums.txt.asc", package + "/checksums.txt"),
            endsWith: .done)
        let again = try sender.baigo(
            "import", "recipe.tar.gz", "--yes", "--json", "--name", "acme/tiny", "--version", "1")
        #expect(try again.json["outcome"] == "present")

        let exported = try sender.baigo("export", "acme/tiny", "-o", "new.baimodel", "--quiet")
        expect(exported, endsWith: .done)
        #expect(exported.text.contains("unsigned"))
        expect(
            try sender.baigo("verify", "new.baimodel", "--json"), endsWith: .signature, identifier: "signature.missing")
        expect(try sender.tool("unzip", "-Z1", "new.baimodel", "model/tiny-chat.gguf"), endsWith: .done)
        expect(try sender.shell("find . -name '.baigo-*' | grep . && exit 1 || true"), endsWith: .done)
    }

    @Test(arguments: ["tar", "tar.gz", "tar.zst"])
    func exportMakesBundlesForPlainTools(_ format: String) throws {
        let ring = try KeyRing()
        let signer = try ring.makeKey("Packager <packager@example.org>")
        let site = try Site(gnupg: ring)
        expect(
            try site.baigo("export", Site.model, "-o", "m.\(format)", "--name", "tiny", "--key", signer),
            endsWith: .done)
        expect(try site.shell("mkdir u && tar xf m.\(format) -C u"), endsWith: .done)
        expect(try site.tool("sha256sum", "--strict", "-c", "checksums.txt", in: "u"), endsWith: .done)
        let gpg = try site.tool("gpg", "--batch", "--verify", "checksums.txt.asc", "checksums.txt", in: "u")
        expect(gpg, endsWith: .done)
        let piped = try site.shell(
            "\"$BAIGO\" export '\(Site.model)' -o - --format \(format) --name tiny --quiet | \"$BAIGO\" import - --yes")
        expect(piped, endsWith: .done)
        expect(
            try site.baigo("export", Site.model, "-o", "m.\(format)", "--json"), endsWith: .usage,
            identifier: "file.exists")
        expect(try site.baigo("export", "./m.\(format)", "-o", "n.baimodel"), endsWith: .invalidContent)
    }

    @Test func convertKeepsListAndSignature() throws {
        let ring = try KeyRing()
        let signer = try ring.makeKey("Packager <packager@example.org>")
        let site = try Site(gnupg: ring)
        expect(
            try site.baigo("export", Site.model, "-o", "m.baimodel", "--name", "tiny", "--key", signer), endsWith: .done
        )
        var last = "m.baimodel"
        for next in ["m.tar", "m.tar.gz", "m/", "m.tar.zst", "n.baimodel"] {
            let converted = try site.baigo("convert", last, next, "--json")
            expect(converted, endsWith: .done)
            #expect(try converted.json["newPackage"] == false)
            #expect(try converted.json["signed"] == true)
            last = next
        }
        for name in ["manifest.json", "checksums.txt", "checksums.txt.asc"] {
            let before = try site.tool("unzip", "-p", "m.baimodel", name).output
            #expect(try site.tool("unzip", "-p", "n.baimodel", name).output == before)
        }
        expect(try site.baigo("convert", "m.tar", "n.baimodel", "--json"), endsWith: .usage, identifier: "file.exists")
        expect(try site.baigo("convert", "m.tar", "n.baimodel", "--force"), endsWith: .done)
        expect(try site.baigo("convert", "m.tar", "m/", "--force"), endsWith: .usage)
        expect(try site.baigo("convert", "m.tar", "x.zip"), endsWith: .usage)
    }

    @Test func convertSaysThatARecipeBecomesANewPackage() throws {
        let site = try Site()
        expect(
            try site.shell("mkdir p && cp '\(Site.model)' p/ && cd p && sha256sum * > SHA256SUMS && tar cf ../r.tar *"),
            endsWith: .done)
        let converted = try site.baigo("convert", "r.tar", "r.baimodel")
        expect(converted, endsWith: .done)
        #expect(converted.text.contains("a new package, unsigned"))
        expect(try site.baigo("import", "r.baimodel", "--yes"), endsWith: .done)
    }
}
