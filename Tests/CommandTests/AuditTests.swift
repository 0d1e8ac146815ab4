// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import Foundation
import TestSupport
import Testing

struct AuditTests {
    @Test func showsImportsAndRefusalsAndFindsAnEdit() throws {
        let site = try Site()
        expect(
            try site.baigo("export", Site.model, "-o", "m.baimodel", "--name", "tiny", "--version", "1"),
            endsWith: .done)
        expect(try site.baigo("import", "m.baimodel", "--yes"), endsWith: .done)
        try site.write(Data("no package".utf8), to: "bad.baimodel")
        expect(try site.baigo("import", "bad.baimodel", "--yes"), endsWith: .invalidContent)
        let lines = try site.baigo("audit", "show", "--kind", "import", "--json").text.split(separator: "\n")
            .map { try JSONValue(strict: Array($0.utf8)) }
        #expect(lines.map { $0["kind"]?.string } == ["intent", "outcome", "outcome"])
        #expect(lines.map { $0["result"]?.string } == [nil, "done", "refused"])
        #expect(lines[2]["error"] == "bundle.not-a-package")
        #expect(lines[2]["details"]?["from"]?.string?.hasSuffix("/bad.baimodel") == true)
        let refused = try site.baigo("audit", "show", "--kind", "refused", "--kind", "import", "--json")
        #expect(refused.text.split(separator: "\n").count == 1)
        #expect(try refused.json["sequence"] == lines[2]["sequence"])
        let intents = try site.baigo("audit", "show", "--kind", "intent")
        #expect(intents.text.contains("import") && !intents.text.contains("outcome"))
        #expect(try site.baigo("audit", "show", "--operation", "import").text.contains("bundle.not-a-package"))
        #expect(try site.baigo("audit", "show", "--kind", "gc", "--json").output.isEmpty)
        let filtered = try site.baigo("audit", "show", "--model", "tiny", "--since", "2999-01-01T00:00:00Z", "--json")
        #expect(filtered.output.isEmpty)

        let verified = try site.baigo("audit", "verify", "--json")
        expect(verified, endsWith: .done)
        let head = try verified.json["head"]
        let text = "\(head?["sequence"]?.integer ?? 0):\(head?["sha256"]?.string ?? "")"
        expect(try site.baigo("audit", "verify", "--expect", text), endsWith: .done)

        let log = "home/audit/audit.jsonl"
        let whole = try site.contents(log)
        let cut = whole.dropLast().lastIndex(of: 0x0A).map { whole[...$0] } ?? Data()
        try site.write(Data(cut), to: log)
        expect(try site.baigo("audit", "verify"), endsWith: .done)
        expect(
            try site.baigo("audit", "verify", "--expect", text, "--json"), endsWith: .invalidContent,
            identifier: "audit.unexpected-head")
        let edited = String(decoding: whole, as: UTF8.self).replacingOccurrences(of: "tiny:1", with: "tidy:1")
        try site.write(Data(edited.utf8), to: log)
        expect(try site.baigo("audit", "verify", "--json"), endsWith: .invalidContent, identifier: "audit.broken")
        expect(try site.baigo("audit", "verify", "--expect", "x"), endsWith: .usage)
    }

    @Test func exportsASignedCopyThatGPGAndBaigoCheck() throws {
        let ring = try KeyRing()
        let officer = try ring.makeKey("Officer <officer@example.test>")
        let site = try Site(gnupg: ring)
        try site.write(Data(try ring.publicKey(officer)), to: "key.asc")
        expect(try site.baigo("trust", "add", "key.asc", "--fingerprint", officer), endsWith: .done)
        let export = try site.baigo("audit", "export", "-o", "log.jsonl", "--key", officer, "--json")
        expect(export, endsWith: .done)
        #expect(try export.json["lines"] == 2)
        expect(try site.tool("gpg", "--verify", "log.jsonl.asc", "log.jsonl"), endsWith: .done)
        #expect(try site.contents("log.jsonl") == site.contents("home/audit/audit.jsonl"))
        let head = try export.json["head"]
        let expected = "\(head?["sequence"]?.integer ?? 0):\(head?["sha256"]?.string ?? "")"
        // The log goes on; what was exported stays in it.
        expect(try site.baigo("trust", "remove", officer, "--yes"), endsWith: .done)
        for log in [[], ["log.jsonl"]] {
            expect(try site.baigo(["audit", "verify", "--expect", expected] + log), endsWith: .done)
        }
        expect(try site.shell("tail -n 2 home/audit/audit.jsonl > tail.jsonl"), endsWith: .done)
        let tail = try site.baigo("audit", "verify", "tail.jsonl", "--expect", expected, "--json")
        expect(tail, endsWith: .done)
        #expect(try tail.json["head"] == site.baigo("audit", "verify", "--json").json["head"])
        expect(try site.shell("sed -i 's/trust.add/trust.odd/' log.jsonl"), endsWith: .done)
        #expect(try site.baigo("audit", "verify", "log.jsonl", "--json").status == 4)
        #expect(try site.tool("gpg", "--verify", "log.jsonl.asc", "log.jsonl").status != 0)
        expect(
            try site.baigo("audit", "export", "-o", "log.jsonl", "--json"), endsWith: .usage, identifier: "file.exists")
        let none = try site.baigo("audit", "export", "-o", "-", "--since", "2999-01-01T00:00:00Z")
        expect(none, endsWith: .done)
        #expect(none.output.isEmpty)
    }

    @Test func keepsOneChainWhenSeveralProcessesWrite() throws {
        let ring = try KeyRing()
        let key = try ring.makeKey("Ada <ada@example.test>")
        let site = try Site()
        try site.write(Data(try ring.publicKey(key)), to: "key.asc")
        let running = try (0..<6).map { _ in try site.starting("trust", "add", "key.asc", "--fingerprint", key) }
        for program in running { expect(try program.wait(), endsWith: .done) }
        let verified = try site.baigo("audit", "verify", "--json")
        expect(verified, endsWith: .done)
        #expect(try verified.json["head"]?["sequence"] == 12)
        #expect(try verified.json["openIntents"] == [])
    }

    @Test func keepsOneChainWhileItIsRotated() throws {
        let ring = try KeyRing()
        let key = try ring.makeKey("Ada <ada@example.test>")
        let site = try Site()
        try site.write(Data(try ring.publicKey(key)), to: "key.asc")
        let add = ["trust", "add", "key.asc", "--fingerprint", key]
        expect(try site.baigo(add), endsWith: .done)
        let script = """
            for i in 1 2 3 4; do "$BAIGO" trust add key.asc --fingerprint \(key) & done
            for i in 1 2 3 4 5 6; do "$BAIGO" audit rotate --wait 60 --quiet; "$BAIGO" audit verify --quiet; done
            wait
            """
        expect(try site.shell(script), endsWith: .done)
        expect(try site.baigo(add), endsWith: .done)
        let rotated = try site.baigo("audit", "rotate", "--json")
        expect(rotated, endsWith: .done)
        let closed = try #require(try rotated.json["closed"]?.string)
        let verified = try site.baigo("audit", "verify", "--json")
        expect(verified, endsWith: .done)
        #expect(try verified.json["openIntents"] == [])
        #expect(try verified.json["head"] == rotated.json["head"])
        let files = try verified.json["files"]?.array?.compactMap(\.string) ?? []
        #expect(files.suffix(2) == [closed, "audit.jsonl"])
        let shown = try site.baigo("audit", "show", "--kind", "trust.add", "--json").text.split(separator: "\n")
        #expect(shown.count == 12)
        let export = try site.baigo("audit", "export", "-o", "all.jsonl", "--json")
        expect(export, endsWith: .done)
        #expect(try export.json["lines"] == verified.json["lines"])
        expect(
            try site.shell("cd home/audit && cat audit-*.jsonl audit.jsonl | cmp - ../../all.jsonl"), endsWith: .done)
        expect(try site.baigo("audit", "verify", "home/audit/\(closed)"), endsWith: .done)
        expect(try site.baigo("check"), endsWith: .done)
        expect(try site.shell("rm home/audit/\(files[0])"), endsWith: .done)
        expect(try site.baigo("audit", "verify", "--json"), endsWith: .invalidContent, identifier: "audit.broken")
        expect(try site.baigo(add + ["--json"]), endsWith: .invalidContent, identifier: "audit.broken")
    }
}
