// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import Foundation
import TestSupport
import Testing

/// Many packages at once, as a script takes them from a medium.
struct IngestTests {
    /// A site with two good packages and one that is damaged on a medium.
    private func site(damaged isDamaged: Bool = true) throws -> Site {
        let site = try Site()
        expect(try site.shell("mkdir stick"), endsWith: .done)
        for name in ["alpha", "beta"] {
            expect(
                try site.baigo("export", Site.model, "-o", "stick/\(name).baimodel", "--name", name, "--version", "1"),
                endsWith: .done)
        }
        if isDamaged {
            var bytes = try site.contents("stick/alpha.baimodel")
            bytes[bytes.startIndex + bytes.count / 2] ^= 1
            try site.write(bytes, to: "stick/apple.baimodel")
        }
        return site
    }

    private func names(_ site: Site) throws -> [String] {
        try site.baigo("list", "--json").json["models"]?.array?.compactMap { $0["name"]?.string } ?? []
    }

    @Test func reportsAFileWhoseNameIsNoTextAndTakesTheOthers() throws {
        let site = try site(damaged: false)
        expect(try site.shell(#"cp stick/alpha.baimodel "$(printf 'stick/\377.baimodel')""#), endsWith: .done)
        let result = try site.baigo("ingest", "stick", "--json", "--quarantine", "refused")
        expect(result, endsWith: .partlyDone)
        let packages = try result.json["packages"]?.array ?? []
        #expect(packages.map { $0["status"]?.string } == ["imported", "imported", "refused"])
        #expect(packages.last?["error"]?["identifier"] == "file.wrong-type")
        #expect(try names(site) == ["alpha", "beta"])
    }

    @Test func importsTheGoodOnesAndKeepsTheOthersWithTheirReasons() throws {
        let site = try site()
        try site.write(Data("no package".utf8), to: "stick/notes.txt")
        expect(try site.shell("ln -s beta.baimodel stick/link.baimodel; mkdir stick/z.baimodel"), endsWith: .done)
        let before = try site.shell("find stick -printf '%p %T@ %s\\n' | sort").text
        let result = try site.baigo("ingest", "stick", "--quarantine", "refused", "--report", "r.json", "--json")
        expect(result, endsWith: .partlyDone, identifier: "ingest.partly-done")
        #expect(try names(site) == ["alpha", "beta"])
        #expect(try site.shell("find stick -printf '%p %T@ %s\\n' | sort").text == before)

        let report = try JSONValue(strict: Array(try site.contents("r.json")))
        let packages = report["packages"]?.array ?? []
        #expect(
            packages.map { $0["file"]?.string?.split(separator: "/").last } == [
                "alpha.baimodel", "apple.baimodel", "beta.baimodel",
            ])
        #expect(packages.map { $0["status"]?.string } == ["imported", "refused", "imported"])
        #expect(packages[1]["error"]?["identifier"] == "bundle.digest-mismatch")
        #expect(packages[0]["identity"]?.string?.hasPrefix("sha256:") == true)
        #expect(packages[0]["signature"]?["status"] == "none")
        #expect(packages[0]["bytes"]?.integer ?? 0 > 100_000)
        #expect(report["complete"] == true)
        #expect(try site.baigo("audit", "verify", "--json").json["head"] == report["audit"])
        #expect(String(decoding: try site.contents("r.txt"), as: UTF8.self).contains("apple.baimodel: refused"))

        let kept = try site.shell("ls refused").text.split(separator: "\n").map(String.init)
        #expect(kept.count == 2)
        #expect(kept[0].hasSuffix("-apple.baimodel") && kept[1] == kept[0] + ".reason.json")
        #expect(try site.contents("refused/\(kept[0])") == site.contents("stick/apple.baimodel"))
        let reason = try JSONValue(strict: Array(try site.contents("refused/\(kept[1])")))
        #expect(reason["ingest"]?["error"]?["exitStatus"] == 4)

        let store = try site.snapshot("home/models") + site.snapshot("home/blobs") + site.snapshot("refused")
        let again = try site.baigo("ingest", "stick", "--quarantine", "refused", "--json")
        expect(again, endsWith: .partlyDone)
        #expect(
            try again.json["packages"]?.array?.map { $0["status"]?.string } == ["present", "refused", "present"])
        #expect(
            try site.snapshot("home/models") + site.snapshot("home/blobs") + site.snapshot("refused") == store)
    }

    @Test func endsWithTheStatusThatAllFailuresShare() throws {
        let site = try site()
        expect(try site.baigo("ingest", "stick/apple.baimodel"), endsWith: .invalidContent)
        expect(
            try site.baigo("ingest", "nowhere.baimodel", "--json"), endsWith: .notFound, identifier: "file.not-found")
        let both = try site.baigo("ingest", "nowhere.baimodel", "stick/apple.baimodel", "--json")
        expect(both, endsWith: .unexpected, identifier: "ingest.nothing-done")
        expect(try site.baigo("ingest", "stick/beta.baimodel", "stick/alpha.baimodel"), endsWith: .done)
        expect(try site.shell("mkdir empty"), endsWith: .done)
        expect(try site.baigo("ingest", "empty"), endsWith: .done)
        expect(try site.baigo("ingest", "empty", "--report", "no/such/r.json"), endsWith: .notFound)
    }

    @Test func takesAllOrNothing() throws {
        let site = try site()
        let result = try site.baigo("ingest", "stick", "--all-or-nothing", "--json")
        expect(result, endsWith: .invalidContent, identifier: "bundle.digest-mismatch")
        #expect(try result.json["packages"]?.array?.map { $0["status"]?.string } == ["held", "refused", "held"])
        #expect(try names(site) == [])
        expect(try site.shell("rm stick/apple.baimodel"), endsWith: .done)
        expect(try site.baigo("ingest", "stick", "--all-or-nothing"), endsWith: .done)
        #expect(try names(site) == ["alpha", "beta"])
    }

    @Test func goesBackWhenOneFailsAfterAllWereFoundGood() throws {
        let site = try site(damaged: false)
        expect(
            try site.baigo("export", Site.model, "-o", "old.baimodel", "--name", "alpha", "--version", "0"),
            endsWith: .done)
        expect(try site.baigo("import", "old.baimodel", "--yes"), endsWith: .done)
        // Two of one name and version with other content: each is good by itself.
        expect(
            try site.baigo(
                "export", Site.model, "-o", "stick/gamma.baimodel", "--name", "beta", "--version", "1",
                "--license", "MIT"), endsWith: .done)
        let blobs = try site.snapshot("home/blobs")
        let result = try site.baigo("ingest", "stick", "--all-or-nothing", "--json")
        expect(result, endsWith: .alreadyExists, identifier: "store.already-exists")
        #expect(
            try result.json["packages"]?.array?.map { $0["status"]?.string } == [
                "rolled-back", "rolled-back", "refused",
            ])
        let listed = try site.baigo("list", "--json").json["models"]?.array
        #expect(listed?.map { $0["version"]?.string } == ["0"])
        #expect(listed?[0]["active"] == true)
        #expect(try site.snapshot("home/blobs") == blobs)
        expect(try site.baigo("check"), endsWith: .done)
        expect(try site.baigo("ingest", "stick", "--all-or-nothing", "--replace"), endsWith: .done)
    }

    @Test func readsNamesFromStandardInput() throws {
        let site = try site(damaged: false)
        expect(try site.shell("mv stick/beta.baimodel 'stick/b eta.baimodel'"), endsWith: .done)
        let lines = try site.baigo("ingest", "-", input: Data("stick/alpha.baimodel\n".utf8))
        expect(lines, endsWith: .done)
        #expect(lines.text.hasPrefix("stick/alpha.baimodel: imported: alpha:1~"))
        expect(
            try site.baigo("ingest", "-0", "-", input: Data("stick/alpha.baimodel\0stick/b eta.baimodel\0".utf8)),
            endsWith: .done)
        #expect(try names(site) == ["alpha", "beta"])
        expect(try site.baigo("ingest", "-", "stick"), endsWith: .usage)
        expect(try site.baigo("ingest", "-0", "stick"), endsWith: .usage)
    }

    @Test func refusesUnsignedPackagesWhereSignaturesAreDemanded() throws {
        let site = try site(damaged: false)
        let result = try site.baigo("ingest", "stick", "--require-signature", "--quarantine", "refused", "--json")
        expect(result, endsWith: .signature)
        #expect(try names(site) == [])
        #expect(try site.shell("ls refused | wc -l").text == "4\n")
    }

    @Test func theQuotaHoldsForAllTogether() throws {
        let site = try Site()
        expect(try site.shell("mkdir stick twins"), endsWith: .done)
        let model = try Data(contentsOf: URL(fileURLWithPath: Site.model)).count
        for (index, name) in ["alpha", "beta"].enumerated() {
            try site.write(Data(repeating: UInt8(index + 1), count: 1_000_000), to: "extra.dat")
            let export = ["export", Site.model, "--name", name, "--version", "1"]
            expect(try site.baigo(export + ["-o", "twins/\(name).baimodel"]), endsWith: .done)
            expect(
                try site.baigo(export + ["-o", "stick/\(name).baimodel", "--include", "extra.dat"]), endsWith: .done)
        }
        expect(try site.baigo("trust", "policy", "set", "store.quota", "\(model + 1_500_000)"), endsWith: .done)
        for file in ["alpha", "beta"] {
            expect(try site.baigo("import", "stick/\(file).baimodel", "--dry-run"), endsWith: .done)
        }
        let refused = try site.baigo("ingest", "stick", "--all-or-nothing", "--report", "r.json", "--json")
        expect(refused, endsWith: .policy, identifier: "policy.quota")
        #expect(try refused.json["packages"]?.array?.map { $0["status"] } == ["held", "held"])
        #expect(try names(site).isEmpty)
        let lines = try site.baigo("audit", "show", "--kind", "ingest", "--json").text.split(separator: "\n")
        #expect(try lines.map { try JSONValue(strict: Array($0.utf8))["error"] } == ["policy.quota"])
        // What both hold counts once.
        expect(try site.baigo("ingest", "twins", "--all-or-nothing"), endsWith: .done)
        #expect(try names(site) == ["alpha", "beta"])
    }
}
