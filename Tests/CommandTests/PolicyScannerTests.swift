// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import Foundation
import TestSupport
import Testing

/// The scanner of a policy, with ClamAV and with scanners that misbehave.
struct PolicyScannerTests {
    /// In two parts, so that no scanner stumbles over this file.
    private static let eicar = #"X5O!P%@AP[4\PZX54(P^)7CC)7}$"# + "EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"

    private func site(_ scanner: String, _ more: String = "") throws -> Site {
        let site = try Site()
        try site.write(Data("schema = 1\n[scanner]\ncommand = \(scanner)\n\(more)".utf8), to: "policy.toml")
        expect(try site.baigo("trust", "policy", "set", "policy.toml"), endsWith: .done)
        try site.write(Data("nothing special\n".utf8), to: "clean.txt")
        try site.write(Data(Self.eicar.utf8), to: "bad.txt")
        for name in ["clean", "bad"] {
            expect(
                try site.baigo(
                    "export", Site.model, "-o", "\(name).baimodel", "--name", name, "--include", "\(name).txt"),
                endsWith: .done)
        }
        return site
    }

    private func evidence(_ site: Site, _ name: String) throws -> JSONValue? {
        try site.baigo("show", name, "--json").json["receipt"]?["policy"]?["scans"]?.array?.first
    }

    private func isEmpty(_ site: Site) throws -> Bool {
        try site.shell("find home/staging home/blobs home/models -type f 2>/dev/null | wc -l").text == "0\n"
    }

    @Test(.enabled(if: Program("clamscan").exists, "clamscan is not installed"))
    func clamAVKeepsOutWhatItKnows() throws {
        let site = try Site()
        // One signature of the test's own: a name, any kind of file, any place, and the bytes.
        let hex = Self.eicar.utf8.map { String($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        try site.write(Data("Test.Eicar:0:*:\(hex)\n".utf8), to: "test.ndb")
        let command = """
            ["\(Program("clamscan").path)", "--no-summary", "--infected", "--database=\(site.path("test.ndb"))", "-r", "{}"]
            """
        try site.write(Data("schema = 1\n[scanner]\ncommand = \(command)\ntimeout = 300\n".utf8), to: "policy.toml")
        expect(try site.baigo("trust", "policy", "set", "policy.toml"), endsWith: .done)
        try site.write(Data("nothing special\n".utf8), to: "clean.txt")
        try site.write(Data(Self.eicar.utf8), to: "bad.txt")
        for name in ["clean", "bad"] {
            expect(
                try site.baigo(
                    "export", Site.model, "-o", "\(name).baimodel", "--name", name, "--include", "\(name).txt"),
                endsWith: .done)
        }
        let refused = try site.baigo("import", "bad.baimodel", "--yes", "--json")
        expect(refused, endsWith: .policy, identifier: "policy.scanner")
        #expect(refused.errorOutput.contains("Test.Eicar"))
        #expect(try isEmpty(site))
        let line = try site.baigo("audit", "show", "--operation", "import", "--json").text.split(separator: "\n").last
        let details = try JSONValue(strict: Array((line ?? "").utf8))["details"]
        #expect(details?["evidence"]?.array?.first?["exitStatus"] == 1)
        #expect(details?["evidence"]?.array?.first?["output"]?.string?.contains("model/bad.txt") == true)
        expect(try site.shell("cat bad.baimodel | $BAIGO import - --yes"), endsWith: .policy)
        expect(try site.baigo("ingest", "bad.baimodel", "clean.baimodel"), endsWith: .partlyDone)
        let kept = try evidence(site, "clean")
        #expect(kept?["exitStatus"] == 0)
        #expect(kept?["scannedFiles"]?.integer ?? 0 > 1)
        expect(try site.baigo("check"), endsWith: .done)
    }

    @Test func seesTheFilesUnderTheirNamesReadOnly() throws {
        let site = try site("[\"/usr/bin/find\", \"{}\", \"-type\", \"f\", \"-printf\", \"%P %m %s\\\\n\"]")
        expect(try site.baigo("import", "clean.baimodel", "--yes"), endsWith: .done)
        let lines = try evidence(site, "clean")?["output"]?.string?.split(separator: "\n").map(String.init) ?? []
        #expect(lines.contains("model/clean.txt 444 16"))
        #expect(lines.contains { $0.hasPrefix("model/tiny-chat.gguf 444 ") })
        #expect(lines.contains { $0.hasPrefix("manifest.json 444 ") })
        #expect(try site.shell("ls home/staging").text == "")
    }

    @Test func refusesWhenTheTimeIsOver() throws {
        let site = try site("[\"/bin/sh\", \"-c\", \"sleep 1000 & sleep 1000\"]", "timeout = 1\n")
        expect(
            try site.baigo("import", "clean.baimodel", "--yes", "--json"), endsWith: .policy,
            identifier: "policy.scanner-timeout")
        #expect(try isEmpty(site))
    }

    @Test func importsNothingWithoutTheScanner() throws {
        let site = try site("[\"/nowhere/scanner\"]")
        expect(
            try site.baigo("import", "clean.baimodel", "--yes", "--json"), endsWith: .environment,
            identifier: "policy.scanner-unavailable")
        #expect(try site.baigo("list", "--json").json["models"] == [])
    }

    @Test func noticesAScannerThatChangesAFile() throws {
        let site = try site(
            "[\"/bin/sh\", \"-c\", \"chmod u+w $0/model/clean.txt; printf X | dd of=$0/model/clean.txt conv=notrunc 2>/dev/null; touch -d 2020-01-01 $0/model/clean.txt; true\"]"
        )
        expect(
            try site.baigo("import", "clean.baimodel", "--yes", "--json"), endsWith: .policy,
            identifier: "policy.scanner")
        #expect(try site.baigo("list", "--json").json["models"] == [])
        expect(try site.baigo("check"), endsWith: .done)
    }

    @Test func largeFilesNeedLeaveByName() throws {
        let site = try site(
            "[\"/usr/bin/find\", \"{}\", \"-type\", \"f\", \"-printf\", \"%P\\\\n\"]", "max_file_size = 100000\n")
        expect(
            try site.baigo("import", "clean.baimodel", "--yes", "--json"), endsWith: .policy,
            identifier: "policy.not-scanned")
        expect(try site.baigo("trust", "policy", "set", "scanner.unscanned", "[\"model/*.gguf\"]"), endsWith: .done)
        expect(try site.baigo("import", "clean.baimodel", "--yes"), endsWith: .done)
        let kept = try evidence(site, "clean")
        #expect(kept?["notScanned"] == ["model/tiny-chat.gguf"])
        #expect(kept?["output"]?.string?.contains("gguf") == false)
    }

    @Test func isNotRunForWhatIsRefusedOrThereAlready() throws {
        let site = try site("[\"/bin/sh\", \"-c\", \"echo run >> \\\"$HOME/ran\\\"\"]")
        expect(try site.baigo("import", "clean.baimodel", "--yes"), endsWith: .done)
        expect(try site.baigo("import", "clean.baimodel", "--yes"), endsWith: .done)
        var bytes = try site.contents("bad.baimodel")
        bytes[bytes.startIndex + bytes.count / 2] ^= 1
        try site.write(bytes, to: "damaged.baimodel")
        expect(try site.baigo("import", "damaged.baimodel", "--yes"), endsWith: .invalidContent)
        #expect(try site.contents("ran") == Data("run\n".utf8))
    }
}
