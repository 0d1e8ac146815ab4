// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import Foundation
import TestSupport
import Testing

/// Runs that cannot tell what they did, or cannot undo it as planned: the work is done all the same, and the end says so.
struct IngestTellingTests {
    /// A site with three good packages on a medium.
    private func site() throws -> Site {
        let site = try Site()
        expect(try site.shell("mkdir stick"), endsWith: .done)
        for name in ["alpha", "beta", "gamma"] { try pack(site, name, "1", to: "stick/\(name)") }
        return site
    }

    private func pack(_ site: Site, _ name: String, _ version: String, to file: String, _ more: String...) throws {
        let export = ["export", Site.model, "-o", file + ".baimodel", "--name", name, "--version", version]
        expect(try site.baigo(export + more), endsWith: .done)
    }

    private func names(_ site: Site) throws -> [String] {
        try site.baigo("list", "--json").json["models"]?.array?.compactMap { $0["name"]?.string } ?? []
    }

    private func report(_ site: Site) throws -> JSONValue { try JSONValue(strict: Array(try site.contents("r.json"))) }

    /// Puts the reader of standard output away before baigo starts.
    private static let closed = """
        import os, subprocess, sys
        reader, writer = os.pipe()
        os.close(reader)
        sys.exit(subprocess.run(sys.argv[1:], stdout=writer).returncode)
        """

    @Test(arguments: ["", "--all-or-nothing"], ["", "--json"])
    func takesInEverythingBeforeItSaysThatStandardOutputIsFull(_ mode: String, _ form: String) throws {
        let site = try site()
        let result = try site.shell("\"$BAIGO\" ingest stick --report r.json \(mode) \(form) > /dev/full")
        expect(result, endsWith: .environment, identifier: form.isEmpty ? nil : "environment.no-space")
        #expect(result.errorOutput.contains("the run went on: 3 imported"))
        #expect(try names(site) == ["alpha", "beta", "gamma"])
        #expect(try report(site)["complete"] == true)
        #expect(try report(site)["counts"] == ["imported": 3])
    }

    @Test(arguments: ["", "--all-or-nothing", "--move"])
    func takesInEverythingThoughNobodyReadsStandardOutput(_ mode: String) throws {
        let site = try site()
        try site.write(Data(Self.closed.utf8), to: "closed.py")
        let result = try site.shell("python3 closed.py \"$BAIGO\" ingest stick --report r.json \(mode)")
        expect(result, endsWith: .outputClosed)
        #expect(try names(site) == ["alpha", "beta", "gamma"])
        #expect(try report(site)["complete"] == true)
        #expect(try report(site)["counts"] == ["imported": 3])
        #expect(try site.shell("ls stick | wc -l").text == (mode == "--move" ? "0\n" : "3\n"))
    }

    @Test func putsAsideWhatIsRefusedThoughStandardErrorIsFull() throws {
        let site = try site()
        try site.write(Data("no package".utf8), to: "stick/beta.baimodel")
        let ingest = "\"$BAIGO\" ingest stick --quarantine refused --progress none 2> /dev/full"
        expect(try site.shell(ingest), endsWith: .environment)
        #expect(try names(site) == ["alpha", "gamma"])
        #expect(try site.shell("ls refused | wc -l").text == "2\n")
    }

    @Test func aRefusalStaysOneThoughItCanNeitherBeLoggedNorTold() throws {
        let site = try site()
        try site.write(Data("no package".utf8), to: "stick/beta.baimodel")
        expect(try site.baigo("import", "stick/alpha.baimodel", "--yes"), endsWith: .done)
        // The lock is held, so that the refusal finds no place in the log.
        let script = """
            exec 9<> home/lock
            flock 9
            "$BAIGO" import stick/beta.baimodel --yes 2> /dev/full
            """
        expect(try site.shell(script), endsWith: .invalidContent)
    }

    @Test func saysWhatWasDoneWhereTheReportIsLostInTheEnd() throws {
        let site = try site()
        expect(try site.shell("mkdir reports"), endsWith: .done)
        let scanner = "[\"/bin/sh\", \"-c\", \"rm -rf '\(site.path("reports"))'\"]"
        try site.write(Data("schema = 1\n[scanner]\ncommand = \(scanner)\n".utf8), to: "policy.toml")
        expect(try site.baigo("trust", "policy", "set", "policy.toml"), endsWith: .done)
        try site.write(Data("no package".utf8), to: "stick/beta.baimodel")
        let result = try site.baigo("ingest", "stick", "--report", "reports/r.json", "--move", "--json")
        expect(result, endsWith: .environment, identifier: "ingest.report-not-written")
        #expect(result.errorOutput.contains("done: 2 imported, 1 refused"))
        let printed = try result.json["packages"]?.array ?? []
        #expect(printed.map { $0["status"]?.string } == ["imported", "refused", "imported"])
        #expect(printed.map { $0["removed"]?.bool } == [true, false, true])
        #expect(try result.json["complete"] == true)
        expect(try site.shell("mkdir reports"), endsWith: .done)
        try pack(site, "delta", "1", to: "stick/delta")
        let quiet = try site.baigo("ingest", "stick/delta.baimodel", "--report", "reports/r.json", "--quiet")
        expect(quiet, endsWith: .environment)
        #expect(quiet.errorOutput.contains("done: 1 imported"))
        #expect(try names(site) == ["alpha", "delta", "gamma"])
    }

    @Test func goesBackToAVersionThatIsDamaged() throws {
        let site = try Site()
        try site.write(Data("an old note".utf8), to: "note.txt")
        try pack(site, "alpha", "0", to: "old", "--include", "note.txt")
        expect(try site.baigo("import", "old.baimodel", "--yes"), endsWith: .done)
        expect(try site.shell("mkdir stick"), endsWith: .done)
        try pack(site, "alpha", "1", to: "stick/a")
        try pack(site, "alpha", "1", to: "stick/b", "--license", "MIT")
        let damage = "f=$(find home/models -name note.txt); [ -f \"$f\" ]; chmod u+w \"$f\"; truncate -s 3 \"$f\""
        expect(try site.shell(damage), endsWith: .done)
        let result = try site.baigo("ingest", "stick", "--all-or-nothing", "--json")
        expect(result, endsWith: .alreadyExists, identifier: "store.already-exists")
        #expect(try result.json["packages"]?.array?.map { $0["status"]?.string } == ["rolled-back", "refused"])
        let warnings = try result.json["packages"]?.array?.first?["warnings"]?.array ?? []
        #expect(!warnings.contains { $0["identifier"]?.string?.hasPrefix("ingest.") == true })
        let listed = try site.baigo("list", "--all", "--json").json["models"]?.array
        #expect(listed?.map { $0["version"]?.string } == ["0"])
        #expect(listed?.first?["active"] == true)
    }

    @Test func warnsWhereTheIndexCannotFollow() throws {
        let site = try site()
        expect(try site.baigo("ingest", "stick"), endsWith: .done)
        try pack(site, "alpha", "2", to: "newer")
        expect(
            try site.shell("rm -f home/index-1.sqlite*; mkdir home/index-1.sqlite; touch home/index-1.sqlite/x"),
            endsWith: .done)
        for command in [
            ["import", "newer.baimodel", "--yes", "--quiet"], ["activate", "alpha:1"], ["rollback", "alpha"],
            ["activate", "alpha:1"], ["pin", "alpha"], ["unpin", "alpha"], ["remove", "alpha:2", "--yes"],
        ] {
            let result = try site.baigo(command)
            expect(result, endsWith: .done)
            #expect(result.errorOutput.contains("warning: the index could not be"), "\(command): \(result)")
        }
        let removed = try site.baigo("remove", "beta", "--yes", "--json")
        #expect(try removed.json["warnings"]?.array?.map { $0["identifier"] } == ["store.index"])
    }
}
