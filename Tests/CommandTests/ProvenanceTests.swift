// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import Foundation
import TestSupport
import Testing

/// Where a model comes from: what export finds out, and what the closed host can show of it.
struct ProvenanceTests {
    private static let commit = "0123456789abcdef0123456789abcdef01234567"
    private static let card = """
        ---
        license: apache-2.0
        base_model:
        - Acme/Base-1B
        - 'Acme/Other'
        language: [en, de]
        tags:
          - chat
          - test
        pipeline_tag: text-generation
        ---
        # Tiny
        \u{1B}]0;evil\u{07} caf\u{E9} \u{202E}txt

        """
    private static let python = Site.checkout.appendingPathComponent(".build/test-tools/bin/python").path
    private static var hasValidator: Bool { FileManager.default.isExecutableFile(atPath: python) }

    /// A repository in the cache of Hugging Face, with a second commit beside that of `main`.
    private func hub(_ site: Site) throws {
        try site.write(Data(Self.card.utf8), to: "card")
        let made = try site.shell(
            """
            repo=models--Acme--Tiny-1B; mkdir -p $repo/blobs $repo/refs $repo/snapshots/{\(Self.commit),other}
            printf '\(Self.commit)' > $repo/refs/main; printf other > $repo/refs/old
            printf '\\2\\0\\0\\0\\0\\0\\0\\0{}' > $repo/blobs/weights
            cp card $repo/blobs/card; echo 'Apache License' > $repo/blobs/license; echo '{}' > $repo/blobs/tokens
            echo '{"model_type": "qwen2", "max_position_embeddings": 4096}' > $repo/blobs/config
            for commit in \(Self.commit) other; do
                cd $repo/snapshots/$commit
                ln -s ../../blobs/weights model.safetensors
                ln -s ../../blobs/card README.md; ln -s ../../blobs/license LICENSE
                ln -s ../../blobs/config config.json; ln -s ../../blobs/tokens tokenizer.json
                cd - > /dev/null
            done
            """)
        expect(made, endsWith: .done)
    }

    @Test(arguments: ["", "/snapshots/0123456789abcdef0123456789abcdef01234567"])
    func aRepositoryOfTheHubSaysAllOfItself(_ folder: String) throws {
        let site = try Site()
        try hub(site)
        expect(
            try site.baigo("export", "./models--Acme--Tiny-1B" + folder, "-o", "m.baimodel", "--json"), endsWith: .done)
        let package = try #require(try site.baigo("inspect", "m.baimodel", "--json").json["package"])
        #expect(package["repository"] == "Acme/Tiny-1B")
        #expect(package["revision"]?.string == Self.commit)
        #expect(package["publisher"] == "Acme")
        #expect(package["displayName"] == "Tiny-1B")
        #expect(package["name"] == "acme/tiny-1b")
        #expect(package["license"] == ["file": "model/LICENSE", "id": "Apache-2.0"])
        #expect(package["baseModels"] == ["Acme/Base-1B", "Acme/Other"])
        #expect(package["languages"] == ["en", "de"])
        #expect(package["tags"] == ["chat", "test"])
        #expect(package["task"] == "text-generation")
        #expect(package["architecture"] == "qwen2")
        #expect(package["contextLength"] == 4096)
        #expect(package["createdBy"]?.string?.hasPrefix("baigo ") == true)
        #expect(package["createdAt"]?.string != nil)
        expect(try site.tool("unzip", "-Zl", "m.baimodel", "model/README.md"), endsWith: .done)
        let shown = try site.baigo("inspect", "m.baimodel").text
        for line in ["made from:    Acme/Base-1B, Acme/Other", "languages:    en, de", "task:         text-generation"]
        {
            #expect(shown.contains(line), "\(shown)")
        }
    }

    @Test func aRevisionChoosesTheSnapshotAndOptionsComeFirst() throws {
        let site = try Site()
        try hub(site)
        let old = try site.baigo(
            "export", "./models--Acme--Tiny-1B", "--revision", "old", "-o", "d.baimodel", "--dry-run", "--json")
        #expect(try old.json["package"]?["revision"] == "other")
        let gone = try site.baigo(
            "export", "./models--Acme--Tiny-1B", "--revision", "../main", "-o", "d.baimodel", "--dry-run", "--json")
        expect(gone, endsWith: .usage, identifier: "usage.request")
        let told = try site.baigo(
            "export", "./models--Acme--Tiny-1B/snapshots/other", "-o", "d.baimodel", "--dry-run", "--json",
            "--repository", "Me/Mine",
            "--revision", "7", "--publisher", "Me", "--display-name", "Mine", "--base-model", "A/B", "--license", "MIT"
        ).json["package"]
        #expect(told?["repository"] == "Me/Mine")
        #expect(told?["revision"] == "7")
        #expect(told?["publisher"] == "Me")
        #expect(told?["displayName"] == "Mine")
        #expect(told?["baseModels"] == ["A/B"])
        #expect(told?["license"]?["id"] == "MIT")
    }

    @Test func aFetchedFolderSaysItsCommit() throws {
        let site = try Site()
        let made = try site.shell(
            """
            mkdir -p m/.cache/huggingface/download && cp '\(Site.model)' m/x.gguf && echo text > m/README.md
            for name in x.gguf README.md; do
                printf '%s\\netag\\n1700000000.0\\n' \(Self.commit) > m/.cache/huggingface/download/$name.metadata
            done
            """)
        expect(made, endsWith: .done)
        #expect(
            try site.baigo("export", "./m", "-o", "d.baimodel", "--dry-run", "--json").json["package"]?["revision"]?
                .string == Self.commit)
    }

    @Test func linksThatLeadOutOfTheFolderAreNotFollowed() throws {
        let site = try Site()
        try hub(site)
        let made = try site.shell(
            """
            echo secret > secret; mkdir m
            cp '\(Site.model)' m/x.gguf && ln -s ../secret m/LICENSE && ln -s x.gguf m/same.gguf && rm m/same.gguf
            ln -s /etc/passwd m/tokenizer.json; ln -s README.txt m/README.md; echo hello > m/README.txt
            cd models--Acme--Tiny-1B/snapshots/other && rm LICENSE tokenizer.json
            ln -s ../../../secret LICENSE; ln -s ../../refs/main tokenizer.json
            """)
        expect(made, endsWith: .done)
        for folder in ["./m", "./models--Acme--Tiny-1B/snapshots/other"] {
            let result = try site.baigo("export", folder, "-o", "m.baimodel", "--json", "--force")
            expect(result, endsWith: .done)
            let warnings = try #require(try result.json["warnings"]?.array)
            let outside = warnings.first { $0["identifier"] == "source.outside" }?["message"]?.string ?? ""
            #expect(outside.contains("LICENSE, tokenizer.json"))
            let names = try site.tool("unzip", "-Z1", "m.baimodel").text
            #expect(names.contains("model/README.md"))
            #expect(!names.contains("LICENSE") && !names.contains("tokenizer.json"))
        }
        expect(
            try site.shell(
                "mkdir w && ln -s '\(Site.model)' w/x.gguf && \"$BAIGO\" export ./w -o w.baimodel --json || exit $?"),
            endsWith: .invalidContent, identifier: "model.no-weights")
        expect(
            try site.baigo("export", "./m", "-o", "m.baimodel", "--force", "--include", "./m/LICENSE:license"),
            endsWith: .done)
        #expect(try site.tool("unzip", "-p", "m.baimodel", "model/LICENSE").text == "secret\n")
    }

    /// Exports the hub's model as `m.baimodel` and imports it.
    private func imported(_ site: Site) throws {
        try hub(site)
        expect(
            try site.baigo("export", "./models--Acme--Tiny-1B", "-o", "m.baimodel", "--version", "1"), endsWith: .done)
        expect(try site.baigo("import", "m.baimodel", "--yes"), endsWith: .done)
    }

    @Test func theCardIsShownAsItIsAndEscapedOnATerminal() throws {
        let site = try Site()
        try imported(site)
        let commands = [["show", "acme/tiny-1b", "--card"], ["inspect", "./m.baimodel", "--card"]]
        for command in commands {
            let raw = try site.run(Site.baigo.path, command)
            expect(raw, endsWith: .done)
            #expect(raw.output == Data(Self.card.utf8))
            let terminal = try site.shell("script -qec \"$BAIGO \(command.joined(separator: " "))\" /dev/null")
            #expect(!terminal.text.contains("\u{1B}]0;") && !terminal.text.contains("\u{202E}"))
            #expect(terminal.text.contains("\\u{1b}]0;evil\\u{7} caf\u{E9} \\u{202e}txt"))
            let json = try site.run(Site.baigo.path, command + ["--json"]).json
            #expect(json["path"] == "model/README.md")
            #expect(json["text"]?.string == Self.card)
        }
        expect(try site.baigo("export", Site.model, "-o", "n.baimodel"), endsWith: .done)
        expect(
            try site.baigo("inspect", "n.baimodel", "--card", "--json"), endsWith: .notFound,
            identifier: "source.not-found")
        expect(try site.baigo("inspect", "n.baimodel", "--card", "--sbom"), endsWith: .usage)
    }

    @Test func aDamagedCardIsNotShown() throws {
        let site = try Site()
        try imported(site)
        var bytes = try site.contents("m.baimodel")
        let place = try #require(bytes.range(of: Data("# Tiny".utf8)))
        bytes[place.lowerBound + 2] ^= 1
        try site.write(bytes, to: "damaged.baimodel")
        let result = try site.baigo("inspect", "damaged.baimodel", "--card", "--json")
        expect(result, endsWith: .invalidContent, identifier: "bundle.digest-mismatch")
        #expect(result.output.isEmpty)
    }

    @Test func theReceiptSaysWhenFromWhereAndByWhom() throws {
        let site = try Site()
        try imported(site)
        let receipt = try #require(try site.baigo("show", "acme/tiny-1b", "--json").json["receipt"])
        #expect(receipt["from"]?.string == site.path("m.baimodel"))
        #expect(receipt["importedAt"]?.string?.hasSuffix("Z") == true)
        #expect(receipt["by"]?.string?.contains("@") == true)
        #expect(receipt["signature"]?["status"] == "none")
        #expect(receipt["policy"] != nil)
        #expect(receipt["warnings"]?.array != nil)
    }

    @Test func theBillOfMaterialsFollowsFromThePackageAlone() throws {
        let site = try Site()
        try imported(site)
        let stored = try site.baigo("show", "acme/tiny-1b", "--sbom")
        expect(stored, endsWith: .done)
        #expect(try site.baigo("inspect", "m.baimodel", "--sbom").output == stored.output)
        expect(try site.baigo("convert", "m.baimodel", "m.tar.gz"), endsWith: .done)
        #expect(try site.baigo("inspect", "m.tar.gz", "--sbom").output == stored.output)
        let bill = try stored.json
        #expect(bill["bomFormat"] == "CycloneDX")
        #expect(bill["specVersion"] == "1.6")
        let model = try #require(bill["metadata"]?["component"])
        #expect(model["type"] == "machine-learning-model")
        #expect(model["group"] == "acme")
        #expect(model["name"] == "tiny-1b")
        #expect(model["licenses"]?.array?.first?["license"]?["id"] == "Apache-2.0")
        #expect(model["purl"]?.string == "pkg:huggingface/Acme/Tiny-1B@" + Self.commit)
        #expect(model["modelCard"]?["modelParameters"] == ["architectureFamily": "qwen2", "task": "text-generation"])
        #expect(model["pedigree"]?["ancestors"]?.array?.first?["name"] == "Acme/Base-1B")
        let list = try site.tool("unzip", "-p", "m.baimodel", "checksums.txt").text
        for line in list.split(separator: "\n") {
            let file = bill["components"]?.array?.first { $0["name"]?.string == String(line.dropFirst(66)) }
            #expect(file?["hashes"]?.array?.first?["content"]?.string == String(line.prefix(64)))
        }
    }

    @Test(
        .enabled(if: hasValidator, "cyclonedx-python-lib is missing: scripts/test-tools installs it from PyPI"),
        arguments: [
            [], ["--license", "Apache-2.0 OR MIT"], ["--license", "My Own (1)"], ["--license", "GPL-2.0-only WITH x"],
            ["--repository", "https://example.org/a b"], ["--source-url", "https://example.org/%zz|ü?#a#b"],
            ["--source-url", "ftp nonsense"], ["--revision", "ü \"quoted\""],
        ])
    func theBillOfMaterialsIsValid(_ options: [String]) throws {
        let site = try Site()
        try hub(site)
        expect(
            try site.run(
                Site.baigo.path, ["export", "./models--Acme--Tiny-1B/snapshots/other", "-o", "m.baimodel"] + options),
            endsWith: .done)
        expect(try site.shell("\"$BAIGO\" inspect m.baimodel --sbom > m.cdx.json"), endsWith: .done)
        let validator = """
            import json, sys
            from cyclonedx.model.bom import Bom
            from cyclonedx.schema import SchemaVersion
            from cyclonedx.validation.json import JsonStrictValidator
            text = open(sys.argv[1]).read()
            error = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
            assert error is None, error
            bom = Bom.from_json(json.loads(text))
            assert bom.metadata.component.type.value == "machine-learning-model"
            assert len(bom.components) >= 5 and all(c.hashes for c in bom.components)
            print(bom.serial_number)
            """
        let result = try site.run(Self.python, ["-c", validator, "m.cdx.json"])
        expect(result, endsWith: .done)
        let serial = try site.run(
            "python3",
            [
                "-c",
                """
                import hashlib, json, uuid
                bill = json.load(open("m.cdx.json"))
                identity = next(p["value"] for p in bill["metadata"]["component"]["properties"] if p["name"] == "baigo:identity")
                print(uuid.uuid5(uuid.NAMESPACE_DNS, "baigo:" + identity))
                """,
            ])
        #expect(result.text == serial.text)
    }
}
