// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import Foundation
import TestSupport
import Testing

/// Which names of a medium are packages, and what is said of the others.
struct IngestSourceTests {
    private func site() throws -> Site {
        let site = try Site()
        expect(try site.shell("mkdir stick"), endsWith: .done)
        try pack(site, "alpha")
        return site
    }

    private func pack(_ site: Site, _ name: String) throws {
        expect(
            try site.baigo("export", Site.model, "-o", "stick/\(name).baimodel", "--name", name, "--version", "1"),
            endsWith: .done)
    }

    private func names(_ site: Site) throws -> [String] {
        try site.baigo("list", "--json").json["models"]?.array?.compactMap { $0["name"]?.string } ?? []
    }

    @Test func takesNamesInAnyCaseOfLetters() throws {
        let site = try site()
        try pack(site, "beta")
        let script = """
            mv stick/alpha.baimodel stick/UP.BAIMODEL
            mv stick/beta.baimodel stick/Mixed.BaiModel
            touch stick/none.BAIMODE stick/none.baimodel.txt stick/none.baimode@ 'stick/none[BAIMODEL'
            """
        expect(try site.shell(script), endsWith: .done)
        let result = try site.baigo("ingest", "stick", "--move", "--json")
        expect(result, endsWith: .done)
        #expect(
            try result.json["packages"]?.array?.map { $0["file"]?.string?.split(separator: "/").last } == [
                "Mixed.BaiModel", "UP.BAIMODEL",
            ])
        #expect(try names(site) == ["alpha", "beta"])
        #expect(try site.shell("ls stick/*[lL] 2> /dev/null | wc -l").text == "1\n")
    }

    @Test func saysWhatItLeavesOut() throws {
        let site = try site()
        let script = """
            cd stick
            ln -s alpha.baimodel link.baimodel
            ln -s nowhere LOST.BAIMODEL
            mkdir folder.baimodel
            mkfifo pipe.baimodel
            ln -s alpha.baimodel "$(printf 'a\\nb\\033.baimodel')"
            """
        expect(try site.shell(script), endsWith: .done)
        let result = try site.baigo("ingest", "stick", "--report", "r.json", "--quarantine", "refused", "--move")
        expect(result, endsWith: .done)
        let lines = result.errorOutput.split(separator: "\n").filter { $0.hasSuffix(" and was left out") }
        #expect(
            lines == [
                "warning: stick/LOST.BAIMODEL is a link, and was left out",
                "warning: stick/a\\nb\\u{1b}.baimodel is a link, and was left out",
                "warning: stick/folder.baimodel is a folder, and was left out",
                "warning: stick/link.baimodel is a link, and was left out",
                "warning: stick/pipe.baimodel is no regular file, and was left out",
            ])
        let report = try JSONValue(strict: Array(try site.contents("r.json")))
        #expect(report["warnings"]?.array?.map { $0["identifier"] } == Array(repeating: "ingest.left-out", count: 5))
        #expect(report["counts"] == ["imported": 1])
        let text = String(decoding: try site.contents("r.txt"), as: UTF8.self)
        #expect(lines.allSatisfy { text.contains($0) }, "\(text)")
        #expect(try names(site) == ["alpha"])
        // One of the names has two lines.
        #expect(try site.shell("ls -A stick | wc -l; ls refused").text == "6\n")
    }

    @Test(arguments: [["--json"], ["--quiet"], ["--all-or-nothing", "--json"]])
    func warningsOfNamesDoNotChangeTheResult(_ options: [String]) throws {
        let site = try site()
        expect(try site.shell("ln -s alpha.baimodel stick/link.baimodel"), endsWith: .done)
        for _ in 0..<2 {
            let result = try site.baigo(["ingest", "stick", "--report", "r.json"] + options)
            expect(result, endsWith: .done)
            #expect(result.errorOutput.isEmpty)
            guard options.contains("--json") else { continue }
            #expect(try result.json["warnings"]?.array?.map { $0["identifier"] } == ["ingest.left-out"])
        }
        // Named with its path, a link is followed.
        let named = try site.baigo("ingest", "stick/link.baimodel", "--json")
        expect(named, endsWith: .done)
        #expect(try named.json["warnings"] == [])
        expect(try site.shell("rm stick/alpha.baimodel"), endsWith: .done)
        let empty = try site.baigo("ingest", "stick")
        expect(empty, endsWith: .done)
        #expect(empty.errorOutput.hasSuffix("no package was found\n"))
    }

    @Test(arguments: [4095, 4096, 1_000_000])
    func refusesNamesThatAreLongerThanAnyPath(_ count: Int) throws {
        let site = try site()
        try pack(site, "beta")
        let long = String(repeating: "é", count: count / 2) + String(repeating: "x", count: count % 2)
        let list = ["stick/alpha.baimodel", long, "stick/beta.baimodel"].map { $0 + "\n" }.joined()
        let result = try site.baigo(
            "ingest", "-", "--json", "--report", "r.json", "--quarantine", "refused", "--move", input: Data(list.utf8))
        expect(result, endsWith: .partlyDone)
        let packages = try result.json["packages"]?.array ?? []
        let isOverlong = count >= 4096
        #expect(packages.map { $0["status"] } == ["imported", isOverlong ? "refused" : "failed", "imported"])
        #expect(packages[1]["error"]?["identifier"] == (isOverlong ? "file.wrong-type" : "environment.io"))
        if isOverlong {
            #expect(packages[1]["file"]?.string == String(repeating: "é", count: 30) + "…")
            #expect(packages[1]["error"]?["message"]?.string?.contains("… has \(count) bytes") == true)
            #expect(try site.contents("r.json").count < 16_384)
        }
        #expect(try names(site) == ["alpha", "beta"])
        #expect(try site.shell("ls stick refused").text == "refused:\n\nstick:\n")
    }
}
