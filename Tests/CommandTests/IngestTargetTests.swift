// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import Foundation
import TestSupport
import Testing

/// What `ingest` takes for a package, and what it never writes over.
struct IngestTargetTests {
    private func site() throws -> Site {
        let site = try Site()
        expect(try site.shell("mkdir stick"), endsWith: .done)
        for name in ["alpha", "beta"] {
            expect(
                try site.baigo("export", Site.model, "-o", "stick/\(name).baimodel", "--name", name, "--version", "1"),
                endsWith: .done)
        }
        return site
    }

    private func names(_ site: Site) throws -> [String] {
        try site.baigo("list", "--json").json["models"]?.array?.compactMap { $0["name"]?.string } ?? []
    }

    private func statuses(_ result: ProgramResult) throws -> [String?] {
        try result.json["packages"]?.array?.map { $0["status"]?.string } ?? []
    }

    @Test func writesNothingIntoStoreOrMedium() throws {
        let site = try site()
        expect(try site.shell("ln -s stick link"), endsWith: .done)
        let before = try site.snapshot(".")
        for places in [
            ["--report", "stick/alpha.baimodel"], ["--report", "stick/new.json"], ["--report", "link/new.json"],
            ["--report", "stick/../stick/r"], ["--report", "-"], ["--report", ""], ["--report", "."],
            ["--report", "home/r.json"], ["--report", "home/models/r.json"], ["--quarantine", "stick"],
            ["--quarantine", "link"], ["--quarantine", "./stick/refused"], ["--quarantine", "home/models"],
            ["--quarantine", "home"], ["--quarantine", "no/../home/new"], ["--quarantine", ""], ["--quarantine", "-"],
        ] {
            let result = try site.baigo(["ingest", "stick", "--move", "--json"] + places)
            expect(result, endsWith: .usage, identifier: "usage")
            #expect(try site.snapshot(".") == before, "\(places)")
            #expect(!site.exists("home") && !site.exists("no") && !site.exists("-"), "\(places)")
        }
        let named = try site.baigo("ingest", "stick/alpha.baimodel", "--quarantine", "link", "--move", "--json")
        expect(named, endsWith: .usage, identifier: "usage")
        #expect(try site.snapshot(".") == before)
        expect(try site.baigo("ingest", "stick", "--quarantine", "new/refused", "--report", "r.json"), endsWith: .done)
    }

    @Test func quarantineAndReportAreTwoPlaces() throws {
        let site = try site()
        expect(try site.shell("mkdir there there.txt"), endsWith: .done)
        let before = try site.snapshot(".")
        for (report, quarantine) in [
            ("r.json", "r.json"), ("r.json", "./r.json/"), ("r.json", "r.txt"), ("r.json", "r.json/refused"),
            ("r.json", "stick/../r.txt/a/b"), ("R.JSON", "r.json"), ("there", "there"),
            ("there", "there.txt"),
        ] {
            let result = try site.baigo(
                "ingest", "stick", "nowhere", "--move", "--report", report, "--quarantine", quarantine, "--json")
            expect(result, endsWith: .usage, identifier: "usage")
            #expect(result.output.isEmpty)
            #expect(try site.snapshot(".") == before, "\(report) \(quarantine)")
            #expect(!site.exists("home"))
        }
        expect(try site.baigo("ingest", "stick", "--report", "there/r.json", "--quarantine", "there"), endsWith: .done)
    }

    @Test func writesOverReportsOnly() throws {
        let site = try site()
        try site.write(Data("mine".utf8), to: "n.txt")
        try site.write(Data("{\n  \"complete\": false\n}\n".utf8), to: "other.json")
        expect(try site.shell("ln -s n.txt link.json; mkdir folder"), endsWith: .done)
        let before = try site.snapshot(".")
        for report in ["n.json", "n", "n.txt", "other.json", "link.json", "folder", "stick.json/../n.txt"] {
            let result = try site.baigo("ingest", "stick", "--report", report, "--json")
            let isPath = report.contains("/")
            expect(result, endsWith: isPath ? .notFound : .usage, identifier: isPath ? nil : "file.exists")
            #expect(try site.snapshot(".") == before, "\(report)")
        }
        try site.write(Data(), to: "r.json")
        for _ in 0..<2 {
            expect(try site.baigo("ingest", "stick", "--report", "r.json"), endsWith: .done)
            let report = try JSONValue(strict: Array(try site.contents("r.json")))
            #expect(report["complete"] == true)
            #expect(report["packages"]?.array?.count == 2)
        }
        #expect(String(decoding: try site.contents("r.txt"), as: UTF8.self).contains("alpha:1~"))
        expect(try site.baigo("gc"), endsWith: .done)
    }

    @Test(arguments: [["-"], ["-0", "-"]])
    func takesTheOthersOfAListWithANameThatIsNoText(_ arguments: [String]) throws {
        let site = try site()
        let end: [UInt8] = arguments.count == 1 ? [0x0A] : [0]
        let odd = Array("stick/".utf8) + [0xFF] + Array(".baimodel".utf8)
        let long = Array(String(repeating: "x", count: 5000).utf8)
        let list = [Array("stick/alpha.baimodel".utf8), odd, long, Array("stick/beta.baimodel".utf8)]
        try site.write(Data(list.flatMap { $0 + end }), to: "list")
        let result = try site.shell("\"$BAIGO\" ingest \(arguments.joined(separator: " ")) --json < list")
        expect(result, endsWith: .partlyDone, identifier: "ingest.partly-done")
        #expect(try statuses(result) == ["imported", "refused", "refused", "imported"])
        #expect(try result.json["packages"]?.array?[1]["error"]?["identifier"] == "file.wrong-type")
        #expect(try names(site) == ["alpha", "beta"])
    }

    @Test func takesListsWithTheLineEndsOfWindows() throws {
        let site = try site()
        let list = Data("stick/alpha.baimodel\r\n\r\nstick/beta.baimodel\r\n".utf8)
        let result = try site.baigo("ingest", "-", "--json", input: list)
        expect(result, endsWith: .done)
        #expect(try statuses(result) == ["imported", "imported"])
        // With -0 a name is what it is.
        expect(
            try site.baigo("ingest", "-0", "-", "--json", input: Data("stick/alpha.baimodel\r\0".utf8)),
            endsWith: .notFound)
        expect(
            try site.baigo("ingest", "-", "--json", input: Data("stick/alpha.baimodel\0stick/beta.baimodel\0".utf8)),
            endsWith: .usage, identifier: "usage")
    }

    @Test func leavesMetadataOfMacOSAlone() throws {
        let site = try site()
        expect(try site.shell(#"printf '\0\5\26\7\0\2' > stick/._alpha.baimodel"#), endsWith: .done)
        let result = try site.baigo("ingest", "stick", "--report", "r.json", "--quarantine", "refused")
        expect(result, endsWith: .done)
        #expect(result.text.contains("stick/._alpha.baimodel: skipped"))
        let report = try JSONValue(strict: Array(try site.contents("r.json")))
        #expect(report["packages"]?.array?.map { $0["status"]?.string } == ["skipped", "imported", "imported"])
        #expect(report["packages"]?.array?.first?["error"] == .null)
        #expect(try site.shell("ls refused").text.isEmpty)
        expect(
            try site.baigo("ingest", "stick", "--all-or-nothing", "--move", "--home", "other"), endsWith: .done)
        #expect(try site.shell("ls -A stick").text == "._alpha.baimodel\n")
        // Only what begins as such a file does is one.
        try site.write(Data("else".utf8), to: "stick/._beta.baimodel")
        let other = try site.baigo("ingest", "stick", "--json")
        expect(other, endsWith: .invalidContent)
        #expect(try statuses(other) == ["skipped", "refused"])
    }

    @Test func saysThatNoPackageWasFound() throws {
        let site = try Site()
        expect(try site.shell("mkdir empty"), endsWith: .done)
        for arguments in [["empty"], ["-"], ["empty", "--all-or-nothing"]] {
            let result = try site.baigo(["ingest"] + arguments)
            expect(result, endsWith: .done)
            #expect(result.errorOutput == "no package was found\n")
            #expect(result.output.isEmpty)
        }
        #expect(try site.baigo("ingest", "empty", "--quiet").errorOutput.isEmpty)
        let result = try site.baigo("ingest", "empty", "--json")
        #expect(try result.json["packages"] == [])
        #expect(!site.exists("home"))
    }
}
