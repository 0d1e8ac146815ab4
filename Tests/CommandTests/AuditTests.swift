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
        let lines = try site.baigo("audit", "show", "--operation", "import", "--json").text.split(separator: "\n")
            .map { try JSONValue(strict: Array($0.utf8)) }
        #expect(lines.map { $0["kind"]?.string } == ["intent", "outcome", "outcome"])
        #expect(lines.map { $0["result"]?.string } == [nil, "done", "refused"])
        #expect(lines[2]["error"] == "bundle.not-a-package")
        #expect(lines[2]["details"]?["from"]?.string?.hasSuffix("/bad.baimodel") == true)
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
}
