// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import Foundation
import TestSupport
import Testing

/// What a command writes is never what it reads, and nothing that is no file.
struct TargetTests {
    @Test func aRequestNeverTakesThePlaceOfThePackage() throws {
        let site = try Site(holding: "m.baimodel")
        expect(
            try site.shell(
                "ln m.baimodel hard; ln -s m.baimodel soft; $BAIGO convert m.baimodel x/; cp -r x kept; mkdir sub"),
            endsWith: .done)
        let before = try site.contents("m.baimodel")
        for target in ["m.baimodel", "./m.baimodel", "sub/../m.baimodel", "hard", "soft"] {
            let result = try site.baigo("sign", "m.baimodel", "--detached-request", target, "--force", "--json")
            expect(result, endsWith: .usage, identifier: "usage.request")
            #expect(try site.contents("m.baimodel") == before)
        }
        for target in ["x/manifest.json", "x/list.txt", "x/model/list.txt"] {
            let result = try site.baigo("sign", "x", "--detached-request", target, "--force", "--json")
            expect(result, endsWith: .usage, identifier: "usage.request")
        }
        expect(try site.shell("diff -r x kept"), endsWith: .done)
        expect(try site.baigo("sign", "m.baimodel", "--detached-request", "list.txt"), endsWith: .done)
    }

    @Test func noTargetLiesInTheFolderThatIsRead() throws {
        let site = try Site(holding: "m.baimodel")
        site.environment["SOURCE_DATE_EPOCH"] = "1800000000"
        expect(
            try site.shell(
                """
                $BAIGO convert m.baimodel sd/; mkdir src; cp '\(Site.model)' src/m.gguf; ln -s src link
                cp -r sd sd.kept; cp -r src src.kept
                """), endsWith: .done)
        for target in ["sd/inner/", "sd/out.baimodel", "sd/model/out.tar", "sd/"] {
            expect(
                try site.baigo("convert", "sd", target, "--force", "--json"), endsWith: .usage,
                identifier: "usage.request")
        }
        for (source, target) in [("./src", "src/inner/"), ("./link", "src/inner/"), ("./src", "link/inner/")] {
            expect(
                try site.baigo("export", source, "-o", target, "--force", "--json"), endsWith: .usage,
                identifier: "usage.request")
        }
        for target in ["src/m.gguf", "link/m.gguf"] {
            expect(
                try site.baigo("export", "./src", "-o", target, "--format", "tar", "--force", "--json"),
                endsWith: .usage, identifier: "usage.request")
        }
        expect(try site.shell("diff -r sd sd.kept; diff -r src src.kept"), endsWith: .done)
        expect(try site.baigo("convert", "sd", "beside/"), endsWith: .done)
        expect(try site.baigo("export", "./src", "-o", "beside.tar"), endsWith: .done)
        // A package beside the model's files is none of them.
        for _ in 0..<2 {
            expect(try site.baigo("export", "./src", "-o", "src/beside.tar", "--force"), endsWith: .done)
            expect(try site.shell("cmp beside.tar src/beside.tar"), endsWith: .done)
        }
    }

    @Test func noOptionNamesWhatIsOverwritten() throws {
        let ring = try KeyRing()
        let fingerprint = try ring.makeKey("Ada <ada@example.test>")
        let site = try Site(holding: "m.baimodel", gnupg: ring)
        try site.write(Data(try ring.secretKey(fingerprint)), to: "key.asc")
        try site.write(Data(try ring.publicKey(fingerprint)), to: "public.asc")
        expect(try site.shell("chmod 600 key.asc; echo text > LICENSE; cp '\(Site.model)' m.gguf"), endsWith: .done)
        expect(try site.baigo("trust", "add", "public.asc", "--fingerprint", fingerprint), endsWith: .done)
        expect(try site.baigo("import", "m.baimodel", "--yes", "--allow-unsigned"), endsWith: .done)
        let files = try site.snapshot(".")
        let commands = [
            ["export", "m.gguf", "--license-file", "LICENSE", "-o", "LICENSE", "--format", "tar", "--force"],
            ["export", "m.gguf", "--key-file", "key.asc", "-o", "key.asc", "--format", "baimodel", "--force"],
            ["convert", "m.baimodel", "m.baimodel", "--force"],
            ["audit", "export", "-o", "home/audit/audit.jsonl", "--force"],
            ["audit", "export", "-o", "key.asc", "--force", "--key-file", "key.asc"],
            ["trust", "export", "-o", "home/trust/keys.json", "--force"],
            ["list", "--index", "-o", "home/store.json", "--force"],
        ]
        for command in commands {
            expect(try site.baigo(command + ["--json"]), endsWith: .usage, identifier: "usage.request")
        }
        #expect(try site.snapshot(".") == files)
    }

    @Test func devicesAreNoTargets() throws {
        let site = try Site(holding: "m.baimodel")
        expect(try site.shell("mkfifo pipe"), endsWith: .done)
        expect(try site.baigo("import", "m.baimodel", "--yes"), endsWith: .done)
        for command in [
            ["export", Site.model, "-o", "pipe", "--format", "baimodel", "--force"],
            ["export", Site.model, "-o", "/dev/full", "--format", "tar", "--force"],
            ["sign", "m.baimodel", "--detached-request", "/dev/full", "--force"],
            ["sign", "m.baimodel", "--detached-request", "pipe"],
            ["audit", "export", "-o", "pipe"], ["list", "--index", "-o", "pipe", "--force"],
        ] {
            expect(try site.baigo(command + ["--json"]), endsWith: .environment, identifier: "environment.wrong-type")
        }
        #expect(try site.shell("stat -c %F pipe /dev/full").text == "fifo\ncharacter special file\n")
        site.environment["BAIGO_HOME"] = "/dev/null"
        expect(try site.baigo("list", "--json"), endsWith: .environment, identifier: "environment.wrong-type")
        site.environment = ["TMPDIR": "/nonexistent"]
        expect(try site.shell("$BAIGO convert m.baimodel m.tar.gz"), endsWith: .done)
        let spooled = try site.baigo("verify", "m.tar.gz", "--json")
        expect(spooled, endsWith: .environment, identifier: "environment.wrong-type")
        #expect(spooled.errorOutput.contains("TMPDIR"))
    }

    @Test func aReportThatCannotBeWrittenLeavesTheFileAndSaysSo() throws {
        let site = try Site(holding: "m.baimodel")
        let result = try site.shell(
            "status=0; $BAIGO export '\(Site.model)' -o n.baimodel > /dev/full || status=$?; echo $status")
        #expect(result.text == "7\n")
        #expect(result.errorOutput.contains("note: n.baimodel is written and complete"))
        expect(try site.baigo("verify", "n.baimodel"), endsWith: .done)
    }

    @Test func namesAreShownOnOneLine() throws {
        let site = try Site(holding: "m.baimodel")
        let result = try site.baigo("export", Site.model, "-o", "a\u{1B}[2J\nb.baimodel")
        expect(result, endsWith: .done)
        #expect(!result.text.contains("\u{1B}"))
        #expect(result.text.split(separator: "\n").first?.hasSuffix("unsigned") == true)
    }

    @Test func whatAKilledExportToAFolderLeftIsRemovedByTheNext() throws {
        let site = try Site()
        let result = try site.shell(
            """
            truncate -s 64G big.bin
            $BAIGO export '\(Site.model)' --include big.bin -o bf/ --format folder --quiet & pid=$!
            until ls -d .bf.*.partial > /dev/null 2>&1; do kill -0 $pid; done
            kill -KILL $pid; wait $pid || true
            ls -d .bf.*.partial; mkdir .bf.notes.partial .bf.1.partial
            $BAIGO export '\(Site.model)' -o bf/ --format folder --quiet
            """)
        expect(result, endsWith: .done)
        #expect(try site.shell("ls -A -d .bf* bf").text == ".bf.1.partial\n.bf.notes.partial\nbf\n", "\(result)")
        expect(try site.baigo("verify", "bf"), endsWith: .done)
    }
}
