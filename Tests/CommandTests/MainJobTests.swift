// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import Foundation
import TestSupport
import Testing

/// The main job from the packager's host to the closed host, with the built program, gpg and plain tools.
struct MainJobTests {
    @Test func carriesASignedModelAcross() throws {
        let ring = try KeyRing()
        let signer = try ring.makeKey("Packager <packager@example.org>")
        let sender = try Site(gnupg: ring)
        let exported = try sender.baigo(
            "export", Site.model, "-o", "m.baimodel", "--name", "acme/tiny", "--version", "1.0", "--key", signer,
            "--json")
        expect(exported, endsWith: .done)
        #expect(try exported.json["signedBy"] == [.string(signer)])

        expect(try sender.tool("unzip", "-tq", "m.baimodel"), endsWith: .done)
        expect(try sender.tool("unzip", "-q", "m.baimodel", "-d", "unpacked"), endsWith: .done)
        expect(try sender.tool("sha256sum", "--strict", "-c", "checksums.txt", in: "unpacked"), endsWith: .done)
        let gpg = try sender.tool(
            "gpg", "--batch", "--status-fd", "1", "--verify", "checksums.txt.asc", "checksums.txt", in: "unpacked")
        expect(gpg, endsWith: .done)
        #expect(gpg.text.contains("VALIDSIG \(signer)"))

        let receiver = try Site()
        try receiver.write(Data(try ring.publicKey(signer)), to: "key.asc")
        try receiver.write(try sender.contents("m.baimodel"), to: "m.baimodel")
        expect(try receiver.baigo("trust", "add", "key.asc", "--fingerprint", signer), endsWith: .done)
        let imported = try receiver.baigo("import", "m.baimodel", "--yes", "--json")
        expect(imported, endsWith: .done)
        #expect(try imported.json["model"]?["trusted"] == true)
        #expect(try imported.json["outcome"] == "imported")
        let listed = try receiver.baigo("list", "--json").json["models"]?.array
        #expect(listed?.count == 1)
        #expect(listed?[0]["name"] == "acme/tiny")
        #expect(listed?[0]["active"] == true)
        let again = try receiver.baigo("import", "m.baimodel", "--yes", "--json")
        expect(again, endsWith: .done)
        #expect(try again.json["outcome"] == "present")

        expect(try receiver.baigo("export", "tiny", "-o", "back.baimodel"), endsWith: .done)
        expect(try receiver.baigo("verify", "back.baimodel", "--require-signature"), endsWith: .done)
        for name in ["manifest.json", "checksums.txt", "checksums.txt.asc"] {
            let before = try sender.tool("unzip", "-p", "m.baimodel", name).output
            #expect(try receiver.tool("unzip", "-p", "back.baimodel", name).output == before)
        }
    }

    @Test func streamsFromExportToImport() throws {
        let site = try Site()
        let result = try site.shell(
            "\"$BAIGO\" export '\(Site.model)' -o - --name tiny --quiet | \"$BAIGO\" import - --yes --json")
        expect(result, endsWith: .done)
        #expect(try result.json["outcome"] == "imported")
        expect(try site.shell("\"$BAIGO\" export tiny -o - --quiet | \"$BAIGO\" verify -"), endsWith: .done)
    }

    @Test func importsAPackageMadeWithPlainTools() throws {
        let ring = try KeyRing()
        let signer = try ring.makeKey("Packager <packager@example.org>")
        let site = try Site(gnupg: ring)
        let made = try site.shell(
            """
            mkdir model && cp '\(Site.model)' model/x.gguf
            size=$(stat -c %s model/x.gguf); digest=$(sha256sum < model/x.gguf | cut -c1-64)
            cat > manifest.json <<END
            {"schemaVersion": 1, "kind": "model", "name": "acme/x", "version": "1.0", "format": "gguf",
             "files": [{"path": "model/x.gguf", "role": "weights", "sha256": "$digest", "size": $size}]}
            END
            sha256sum manifest.json model/x.gguf > checksums.txt
            gpg --batch --quiet --armor --detach-sign checksums.txt
            zip -q -0 -X -D x.baimodel manifest.json checksums.txt checksums.txt.asc model/x.gguf
            zip -q -0 -r y.baimodel manifest.json checksums.txt model
            """)
        expect(made, endsWith: .done)
        try site.write(Data(try ring.publicKey(signer)), to: "key.asc")
        expect(try site.baigo("import", "y.baimodel", "--dry-run"), endsWith: .done)
        expect(try site.baigo("trust", "add", "key.asc", "--fingerprint", signer), endsWith: .done)
        let imported = try site.baigo("import", "x.baimodel", "--yes", "--json")
        expect(imported, endsWith: .done)
        #expect(try imported.json["model"]?["trusted"] == true)
        expect(try site.baigo("verify", "y.baimodel", "--require-signature"), endsWith: .signature)
    }

    @Test func theStoreSatisfiesTheAuditorsRecipe() throws {
        let site = try Site()
        expect(try site.baigo("export", Site.model, "-o", "m.baimodel", "--name", "tiny"), endsWith: .done)
        expect(try site.baigo("import", "m.baimodel", "--yes"), endsWith: .done)
        let shown = try site.baigo("show", "tiny", "--json")
        let package = try #require(try shown.json["path"]?.string)
        expect(try Program("sha256sum").run(["--strict", "-c", "checksums.txt"], in: package), endsWith: .done)
        expect(try site.baigo("verify", package), endsWith: .done)
    }

    @Test func replacesAndRemovesVersions() throws {
        let site = try Site()
        for (file, licence) in [("a", "MIT"), ("b", "Apache-2.0")] {
            expect(
                try site.baigo(
                    "export", Site.model, "-o", "\(file).baimodel", "--name", "tiny", "--version", "1", "--license",
                    licence),
                endsWith: .done)
        }
        expect(try site.baigo("import", "a.baimodel", "--yes"), endsWith: .done)
        let before = try site.snapshot("home/models")
        let refused = try site.baigo("import", "b.baimodel", "--yes", "--json")
        expect(refused, endsWith: .alreadyExists, identifier: "store.already-exists")
        #expect(try site.snapshot("home/models") == before)
        expect(try site.baigo("import", "b.baimodel", "--yes", "--replace"), endsWith: .done)
        let versions = try site.baigo("list", "tiny", "--json").json["models"]?.array ?? []
        #expect(versions.count == 2)
        #expect(versions.first { $0["active"] == true }?["license"] == "Apache-2.0")
        expect(try site.baigo("remove", "tiny", "--yes"), endsWith: .usage)
        expect(try site.baigo("remove", "tiny", "--all", "--yes"), endsWith: .done)
        #expect(try site.baigo("list", "--json").json["models"]?.array == [])
        #expect(try site.shell("find home/blobs -type f").text == "")
    }
}
