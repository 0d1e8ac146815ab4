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

    @Test func convertRefusesWhatVerifyRefuses() throws {
        let site = try Site()
        expect(try site.baigo("export", Site.model, "-o", "m.baimodel", "--name", "tiny"), endsWith: .done)
        let damaged = try site.tool(
            "python3", "-c",
            """
            import struct, zipfile, zlib
            whole = open('m.baimodel', 'rb').read()
            for name in ['model/tiny-chat.gguf', 'metadata.json']:
                data = bytearray(whole)
                entry = zipfile.ZipFile('m.baimodel').getinfo(name)
                record = data.rindex(b'PK\\1\\2', 0, data.rindex(name.encode()))
                for place in (entry.header_offset + 14, record + 16):
                    data[place] ^= 1
                open(name.split('/')[-1] + '.baimodel', 'wb').write(data)
            start = whole.index(b'metadata.json') + len('metadata.json')
            data = bytearray(whole)
            entry = zipfile.ZipFile('m.baimodel').getinfo('metadata.json')
            text = bytearray(zipfile.ZipFile('m.baimodel').read('metadata.json'))
            text[-2] = ord(' ')
            at = whole.index(bytes(text[:-2]), start)
            data[at:at + len(text)] = text
            record = data.rindex(b'PK\\1\\2', 0, data.rindex(b'metadata.json'))
            for place in (entry.header_offset + 14, record + 16):
                data[place:place + 4] = struct.pack('<I', zlib.crc32(text))
            open('text.baimodel', 'wb').write(data)
            """)
        expect(damaged, endsWith: .done)
        for (name, identifier) in [
            ("tiny-chat.gguf", "bundle.crc-mismatch"), ("metadata.json", "bundle.crc-mismatch"),
            ("text", "bundle.digest-mismatch"),
        ] {
            for target in ["out.baimodel", "out.tar", "out/"] {
                expect(
                    try site.baigo("convert", "\(name).baimodel", target, "--json"), endsWith: .invalidContent,
                    identifier: identifier)
                #expect(!site.exists(target))
            }
        }
    }

    /// One folder for what is unpacked, several commands at once: none takes the other's for left behind.
    @Test func severalAreVerifiedAtOnce() throws {
        let site = try Site()
        let result = try site.shell(
            """
            "$BAIGO" export '\(Site.model)' -o m.baimodel --name tiny --quiet
            for name in m.tar m.tar.gz m.tar.zst m/; do "$BAIGO" convert m.baimodel "$name" --quiet; done
            for round in 1 2 3; do
                for name in m.baimodel m.tar m.tar.gz m.tar.zst m; do
                    "$BAIGO" verify "./$name" --quiet > "out.$name.$round" 2> "err.$name.$round" & pids+=($!)
                    "$BAIGO" verify - --quiet < "$([ -d "$name" ] && echo m.tar.gz || echo "$name")" > /dev/null & pids+=($!)
                done
            done
            for pid in "${pids[@]}"; do wait "$pid"; done
            [ "$(cat out.* | grep -o 'sha256:.*' | sort -u | wc -l)" = 1 ]
            """)
        expect(result, endsWith: .done)
        expect(try site.shell("! find . -name '.baigo-*' | grep ."), endsWith: .done)
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

/// Packages with another maker's manifest.
struct ForeignPackageTests {
    @Test func isImportedUnderTheNameThatIsGiven() throws {
        let site = try Site()
        let made = try site.shell(
            """
            mkdir -p p/model && cp '\(Site.model)' p/model/x.gguf && cd p
            printf '{"product":"Other","files":[{"filename":"x.gguf","sha256":"%s"}]}\\n' \
                "$(sha256sum < model/x.gguf | cut -c1-64)" > manifest.json
            zip -q -0 -X -D ../x.baimodel manifest.json model/x.gguf && tar czf ../x.tar.gz .
            """)
        expect(made, endsWith: .done)
        expect(try site.baigo("import", "x.baimodel", "--yes", "--json"), endsWith: .usage, identifier: "usage.name")
        let naming = ["--name", "acme/x", "--version", "3"]
        let imported = try site.baigo(
            "import", "x.baimodel", "--yes", "--json", naming[0], naming[1], naming[2], naming[3])
        expect(imported, endsWith: .done)
        #expect(try imported.json["model"]?["name"] == "acme/x")
        #expect(try imported.json["model"]?["trusted"] == false)
        let shown = try site.baigo("show", "acme/x", "--json").json
        let path = try #require(shown["path"]?.string)
        #expect(
            try Data(contentsOf: URL(fileURLWithPath: path + "/manifest.json")) == site.contents("p/manifest.json"))
        #expect(shown["package"]?["foreign"]?["product"] == "Other")
        let again = try site.baigo("import", "x.tar.gz", "--yes", "--json", "--name", "acme/x", "--version", "3")
        #expect(try again.json["outcome"] == "present")
        expect(try site.baigo("export", "acme/x", "-o", "back.baimodel"), endsWith: .done)
        expect(try site.tool("unzip", "-p", "back.baimodel", "manifest.json"), endsWith: .done)
        #expect(
            try site.tool("unzip", "-p", "back.baimodel", "manifest.json").output == site.contents("p/manifest.json"))
        expect(try site.baigo("verify", "back.baimodel", "--name", "acme/x"), endsWith: .done)
    }
}
