// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import Foundation
import Glibc
import TestSupport
import Testing

/// A drop folder that empties itself, interrupted runs, and the units that do it without a person.
struct IngestMoveTests {
    private func packed(_ site: Site, _ names: String...) throws {
        expect(try site.shell("mkdir -p stick"), endsWith: .done)
        for name in names {
            expect(
                try site.baigo("export", Site.model, "-o", "stick/\(name).baimodel", "--name", name, "--version", "1"),
                endsWith: .done)
        }
    }

    private func damage(_ site: Site, _ name: String) throws {
        var bytes = try site.contents(name)
        bytes[bytes.startIndex + bytes.count / 2] ^= 1
        try site.write(bytes, to: name)
    }

    private func names(_ site: Site) throws -> [String] {
        try site.baigo("list", "--json").json["models"]?.array?.compactMap { $0["name"]?.string } ?? []
    }

    @Test func movesWhatIsTakenInOrPutAsideAndNothingElse() throws {
        let site = try Site()
        try packed(site, "alpha", "beta", "gamma")
        try damage(site, "stick/beta.baimodel")
        try site.write(Data("mine".utf8), to: "stick/notes.txt")
        let first = try site.baigo("ingest", "stick", "--move", "--json")
        expect(first, endsWith: .partlyDone)
        #expect(try first.json["packages"]?.array?.map { $0["removed"]?.bool } == [true, false, true])
        #expect(try site.shell("ls stick").text == "beta.baimodel\nnotes.txt\n")
        let again = try site.baigo("ingest", "stick", "--move", "--quarantine", "refused", "--report", "r.json")
        expect(again, endsWith: .invalidContent)
        #expect(try site.shell("ls stick").text == "notes.txt\n")
        #expect(try site.shell("ls refused | wc -l").text == "2\n")
        let report = String(decoding: try site.contents("r.txt"), as: UTF8.self)
        for word in ["identity:", "signature:", "policy:", "read:", "/s", "bundle.digest-mismatch", "put aside:"] {
            #expect(report.contains(word), "\(word)")
        }
        expect(try site.baigo("ingest", "stick", "--move"), endsWith: .done)
        #expect(try names(site) == ["alpha", "gamma"])
        expect(try site.baigo("check"), endsWith: .done)
    }

    @Test func leavesFilesThatFailedBecauseOfThisHost() throws {
        let site = try Site()
        try packed(site, "alpha")
        expect(try site.shell("mkdir -m 777 home"), endsWith: .done)
        expect(try site.baigo("ingest", "stick", "--move", "--quarantine", "refused"), endsWith: .environment)
        #expect(try site.shell("ls stick; ls refused 2> /dev/null | wc -l").text == "alpha.baimodel\n0\n")
    }

    @Test(arguments: [
        "rm home/lock && mkdir home/lock", "chmod u+w $alpha/receipt.json && echo damaged > $alpha/receipt.json",
        "rm -r $alpha && echo damaged > home/models/_/alpha/history.jsonl",
        "rm -r home/blobs/sha256 && touch home/blobs/sha256",
    ])
    func aDamagedStoreIsNotThePackagesFault(_ damage: String) throws {
        let site = try Site()
        try packed(site, "alpha")
        expect(try site.baigo("ingest", "stick"), endsWith: .done)
        let script = "set -e; cp -a home whole; alpha=$(echo home/models/_/alpha/1~*); " + damage
        expect(try site.shell(script), endsWith: .done)
        for mode in [[], ["--all-or-nothing"]] {
            let result = try site.baigo(["ingest", "stick", "--move", "--quarantine", "refused", "--json"] + mode)
            expect(result, endsWith: .invalidContent)
            #expect(try result.json["packages"]?.array?.map { $0["status"] } == ["failed"])
            #expect(try site.shell("ls stick refused").text == "refused:\n\nstick:\nalpha.baimodel\n")
        }
        expect(try site.shell("chmod -R u+w home; rm -r home; mv whole home"), endsWith: .done)
        expect(try site.baigo("ingest", "stick", "--move", "--quarantine", "refused"), endsWith: .done)
        #expect(try site.shell("ls stick refused").text == "refused:\n\nstick:\n")
    }

    @Test func removesNoLinkAndWarnsInstead() throws {
        let site = try Site()
        try packed(site, "alpha")
        expect(try site.shell("ln -s stick/alpha.baimodel link.baimodel"), endsWith: .done)
        let result = try site.baigo("ingest", "link.baimodel", "--move", "--json")
        expect(result, endsWith: .done)
        let warning = try result.json["packages"]?.array?.first?["warnings"]?.array?.last
        #expect(warning?["identifier"] == "ingest.not-removed")
        #expect(warning?["message"]?.string?.contains("link.baimodel is a link") == true)
        #expect(site.exists("link.baimodel") && site.exists("stick/alpha.baimodel"))
    }

    @Test func movesAllOrNothing() throws {
        let site = try Site()
        try packed(site, "alpha", "beta")
        try damage(site, "stick/beta.baimodel")
        expect(
            try site.baigo("ingest", "stick", "--all-or-nothing", "--move", "--quarantine", "refused"),
            endsWith: .invalidContent)
        #expect(try site.shell("ls stick").text == "alpha.baimodel\nbeta.baimodel\n")
        try packed(site, "beta2")
        expect(try site.shell("rm stick/beta.baimodel"), endsWith: .done)
        expect(try site.baigo("ingest", "stick", "--all-or-nothing", "--move"), endsWith: .done)
        #expect(try site.shell("ls stick").text.isEmpty)
        #expect(try names(site) == ["alpha", "beta2"])
    }

    @Test func goesBackWhenItIsTerminatedBetweenTwoImports() throws {
        let site = try Site()
        try packed(site, "alpha")
        expect(
            try site.baigo("export", Site.model, "-o", "old.baimodel", "--name", "alpha", "--version", "0"),
            endsWith: .done)
        expect(try site.baigo("import", "old.baimodel", "--yes"), endsWith: .done)
        // Large enough that its import is not over before the signal arrives.
        let large = """
            PYTHONPATH='\(Site.checkout.path)/scripts/bench.d' python3 '\(Site.checkout.path)/scripts/bench.d/make_gguf.py' \
                large.gguf 512 --sparse
            "$BAIGO" export ./large.gguf -o stick/zeta.baimodel --name zeta --version 1 --quiet
            """
        expect(try site.shell(large), endsWith: .done)
        let blobs = try site.snapshot("home/blobs")
        let models = try site.snapshot("home/models")
        let running = try site.starting("ingest", "stick", "--all-or-nothing", "--move", "--report", "r.json")
        while running.isRunning, !String(decoding: try running.outputSoFar(), as: UTF8.self).contains("imported") {
            usleep(1000)
        }
        kill(running.processIdentifier, SIGTERM)
        let ended = try running.wait()
        expect(ended, endsWith: .terminated)
        #expect(ended.text.contains("rolled-back"))
        #expect(try site.snapshot("home/blobs") == blobs)
        #expect(
            try site.snapshot("home/models").filter { !$0.contains("history") }
                == models.filter { !$0.contains("history") })
        let report = try JSONValue(strict: Array(try site.contents("r.json")))
        #expect(report["complete"] == false)
        #expect(try site.shell("ls stick").text == "alpha.baimodel\nzeta.baimodel\n")
        expect(try site.baigo("check"), endsWith: .done)
        expect(try site.baigo("ingest", "stick", "--all-or-nothing", "--move"), endsWith: .done)
        #expect(try names(site) == ["alpha", "zeta"])
    }

    /// The command of the service, with the folders of the test in the place of those of the host.
    @Test func theServiceRunsWithoutTerminalAndEnvironmentAndTwice() throws {
        let site = try Site()
        try packed(site, "alpha", "beta")
        try damage(site, "stick/beta.baimodel")
        let script = """
            mkdir -p spool/reports && mv stick spool/incoming
            command=$(sed -n 's/^ExecStart=//p' '\(Site.checkout.path)/scripts/systemd/baigo-ingest.service')
            command=${command//\\/usr\\/local\\/bin\\/baigo/$BAIGO}
            command=${command//\\/var\\/spool\\/baigo/$PWD/spool}
            for run in 1 2; do
                status=0
                env -i BAIGO_SYSTEM_STORE="$PWD/system" setsid $command < /dev/null > out 2> err || status=$?
                echo $status
            done
            ls spool/incoming spool/reports
            ls spool/refused | wc -l
            """
        let result = try site.shell(script)
        expect(result, endsWith: .done)
        #expect(result.text == "2\n0\nspool/incoming:\n\nspool/reports:\nlast.json\nlast.txt\n2\n")
        #expect(try site.baigo("list", "--home", "system", "--quiet").text.hasPrefix("alpha:1~"))
        let modes = try site.shell("find system ! -name lock ! -perm -004").text
        #expect(modes.isEmpty)
    }

    @Test(.enabled(if: Program("systemd-analyze").exists, "systemd-analyze is not installed"))
    func theUnitsAreWellFormed() throws {
        let site = try Site()
        let script = """
            cp '\(Site.checkout.path)'/scripts/systemd/baigo-ingest.* .
            sed -i "s|/usr/local/bin/baigo|$BAIGO|" baigo-ingest.service
            systemd-analyze verify ./baigo-ingest.service ./baigo-ingest.path ./baigo-ingest.timer 2>&1
            """
        let result = try site.shell(script)
        expect(result, endsWith: .done)
        #expect(!result.text.contains("baigo-ingest"), "\(result)")
    }
}
