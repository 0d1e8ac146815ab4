// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import Foundation
import TestSupport
import Testing

struct StoreTests {
    private func packaged(_ site: Site, _ name: String = "tiny") throws {
        expect(
            try site.baigo("export", Site.model, "-o", "\(name).baimodel", "--name", name, "--version", "1"),
            endsWith: .done)
        expect(try site.baigo("import", "\(name).baimodel", "--yes"), endsWith: .done)
    }

    /// Changes one byte of the blob of the weights where it is.
    private func damageWeights(_ site: Site) throws {
        let script =
            "f=$(find home/blobs -type f -size +100k); chmod 600 $f; printf X | dd of=$f bs=1 seek=5000 conv=notrunc"
        expect(try site.shell(script), endsWith: .done)
    }

    @Test(.enabled(if: TemporaryFileSystem.isAvailable, "only root can mount a file system"))
    func thePreviewAsksForTheRoomThatTheImportAsksFor() throws {
        let site = try Site()
        expect(try site.baigo("export", Site.model, "-o", "m.baimodel", "--name", "tiny"), endsWith: .done)
        defer { _ = try? site.shell("umount --lazy small large") }
        for (home, size) in [("small", "1200k"), ("large", "4m")] {
            let mount = "mkdir \(home); mount -t tmpfs -o size=\(size),mode=0700 baigo-test \(home)"
            expect(try site.shell(mount), endsWith: .done)
            let preview = try site.baigo("import", "m.baimodel", "--dry-run", "--json", "--home", home)
            let done = try site.baigo("import", "m.baimodel", "--yes", "--home", home)
            let together = try site.baigo("ingest", "m.baimodel", "--all-or-nothing", "--home", home)
            for result in [preview, done, together] {
                expect(result, endsWith: home == "small" ? .environment : .done)
            }
            if home == "large" { #expect(try preview.json["neededBytes"]?.integer ?? 0 > 1 << 20) }
        }
    }

    @Test func checksQuarantinesAndRepairs() throws {
        let site = try Site()
        try packaged(site)
        let whole = try site.snapshot("home/models") + site.snapshot("home/blobs")
        let healthy = try site.baigo("check", "--json")
        expect(healthy, endsWith: .done)
        #expect(try healthy.json["healthy"] == true)
        try damageWeights(site)
        let damaged = try site.snapshot("home")
        let found = try site.baigo("check", "tiny", "--json")
        expect(found, endsWith: .invalidContent, identifier: "store.damaged")
        let blob = try found.json["blobs"]?.array?.first
        #expect(blob?["status"] == "digest")
        #expect(blob?["affects"]?.array?.count == 1)
        #expect(try site.snapshot("home") == damaged)

        expect(try site.baigo("check", "--quarantine"), endsWith: .invalidContent)
        #expect(try site.shell("find home/quarantine -type f | wc -l").text == "2\n")
        let refused = try site.baigo("export", "tiny", "-o", "x.baimodel", "--json")
        expect(refused, endsWith: .invalidContent, identifier: "store.damaged")
        #expect(!site.exists("x.baimodel"))

        let repaired = try site.baigo("check", "--repair", "tiny.baimodel", "--json")
        expect(repaired, endsWith: .done)
        #expect(try repaired.json["repair"]?["blobs"]?.array?.count == 1)
        #expect(try site.snapshot("home/models") + site.snapshot("home/blobs") == whole)
        expect(try site.baigo("export", "tiny", "-o", "x.baimodel"), endsWith: .done)
        expect(try site.baigo("audit", "verify"), endsWith: .done)
    }

    @Test func tellsOfALostVersionUntilItsLossIsAcknowledged() throws {
        let site = try Site()
        try packaged(site)
        try packaged(site, "other")
        let blobs = try site.snapshot("home/blobs")
        expect(try site.shell("rm -r home/models/_/tiny"), endsWith: .done)
        let found = try site.baigo("check", "--json")
        expect(found, endsWith: .invalidContent, identifier: "store.damaged")
        let reference = try #require(try found.json["lost"]?.array?.first?["reference"]?.string)
        #expect(reference.hasPrefix("tiny:1~"))
        #expect(try site.baigo("check").text.contains("lost: \(reference) was imported (line 2 of the audit log)"))
        expect(try site.baigo("gc", "--dry-run", "--json"), endsWith: .invalidContent, identifier: "store.damaged")
        expect(try site.baigo("gc", "--json"), endsWith: .invalidContent, identifier: "store.damaged")
        #expect(try site.snapshot("home/blobs") == blobs)
        let removed = try site.baigo("remove", reference, "--yes", "--json")
        expect(removed, endsWith: .done)
        #expect(try removed.json["lost"]?.array == [.string(reference)])
        expect(try site.baigo("check"), endsWith: .done)
        expect(try site.baigo("gc"), endsWith: .done)
        expect(try site.baigo("remove", reference, "--yes"), endsWith: .notFound)
        #expect(try site.baigo("list", "--json").json["models"]?.array?.count == 1)
    }

    @Test func takesAHostWithoutDescriptorsForNoDamage() throws {
        let site = try Site()
        try packaged(site)
        let before = try site.snapshot("home")
        var refusals = 0
        for limit in 5..<40 {
            let run = try site.shell(
                "s=0; (ulimit -n \(limit); \"$BAIGO\" check --quarantine --json) || s=$?; echo \"status $s\"")
            let status = try #require(run.text.split(separator: "\n").last)
            #expect(status != "status 4", "\(limit): \(run)")
            if status == "status 7" { refusals += 1 }
        }
        #expect(refusals > 0)
        #expect(try site.snapshot("home") == before)
    }

    @Test(.enabled(if: Tracing.isAvailable, "needs strace and leave to trace"))
    func leavesWhatTheDiskDoesNotGiveBackWhereItIs() throws {
        let site = try Site()
        try packaged(site)
        let before = try site.snapshot("home/blobs")
        let blob = try site.shell("readlink -f \"$(find home/blobs -type f -size +100k)\"").text.dropLast()
        let trace = "strace -f -qq -o /dev/null -P '\(blob)' -e trace=pread64 -e inject=pread64:error=EIO"
        let run = try site.shell("s=0; \(trace) \"$BAIGO\" check --quarantine || s=$?; echo \"status $s\"")
        #expect(run.text.hasSuffix("status 4\n"), "\(run)")
        #expect(run.text.contains("unreadable (could not read"), "\(run)")
        #expect(!site.exists("home/quarantine"))
        #expect(try site.snapshot("home/blobs") == before)
        expect(try site.baigo("check"), endsWith: .done)
    }

    @Test func callsAStoreWithoutItsBlobsDamaged() throws {
        let site = try Site()
        try packaged(site)
        expect(try site.shell("mv home/blobs blobs"), endsWith: .done)
        expect(try site.baigo("show", "tiny", "--json"), endsWith: .invalidContent, identifier: "store.damaged")
        expect(try site.shell("mkdir home/blobs && touch home/blobs/sha256"), endsWith: .done)
        for arguments in [["show", "tiny"], ["check"], ["gc"], ["import", "tiny.baimodel", "--yes"]] {
            expect(try site.baigo(arguments + ["--json"]), endsWith: .invalidContent)
        }
        expect(try site.shell("rm -r home/blobs && touch home/blobs"), endsWith: .done)
        expect(try site.baigo("show", "tiny", "--json"), endsWith: .invalidContent)
        expect(try site.shell("rm home/blobs && mv blobs home/blobs"), endsWith: .done)
        expect(try site.baigo("check"), endsWith: .done)
        expect(try site.shell("mv home/audit/audit.jsonl log && mkfifo home/audit/audit.jsonl"), endsWith: .done)
        expect(try site.baigo("audit", "rotate", "--json"), endsWith: .invalidContent, identifier: "audit.broken")
    }

    @Test func checksAndListsWithoutPermissionToWrite() throws {
        let site = try Site()
        try packaged(site)
        let before = try site.shell("find home -printf '%p %T@\\n' | sort").text
        expect(try site.baigo("check"), endsWith: .done)
        #expect(try site.shell("find home -printf '%p %T@\\n' | sort").text == before)
        expect(try site.baigo("check", "nothing"), endsWith: .notFound)
        expect(try site.baigo("check", "--repair", "nowhere"), endsWith: .notFound)
    }

    @Test func rebuildsTheIndex() throws {
        let site = try Site()
        try packaged(site)
        let listed = try site.baigo("list", "--json").output
        expect(try site.shell("rm home/index-1.sqlite"), endsWith: .done)
        let rebuilt = try site.baigo("check", "--rebuild", "--json")
        expect(rebuilt, endsWith: .done)
        #expect(try rebuilt.json["indexedModels"] == 1)
        #expect(site.exists("home/index-1.sqlite"))
        #expect(try site.baigo("list", "--json").output == listed)
    }

    @Test func collectsWhatNoVersionNeeds() throws {
        let site = try Site()
        try packaged(site)
        let before = try site.snapshot("home/blobs")
        let blob = try site.shell(
            "d=$(printf x | sha256sum | cut -c1-64); f=home/blobs/sha256/${d:0:2}/$d; mkdir -p ${f%/*}; printf x > $f; echo $d"
        )
        expect(blob, endsWith: .done)
        let planned = try site.baigo("gc", "--dry-run", "--json")
        expect(planned, endsWith: .done)
        #expect(
            try planned.json["blobs"]?.array?.first?["sha256"]?.string == blob.text.trimmingCharacters(in: .newlines))
        #expect(try planned.json["freedBytes"] == 1)
        #expect(try site.snapshot("home/blobs").count == before.count + 1)
        expect(try site.baigo("gc"), endsWith: .done)
        #expect(try site.snapshot("home/blobs") == before)
        expect(try site.shell("mkdir home/models/strange"), endsWith: .done)
        expect(try site.baigo("gc", "--json"), endsWith: .done)
        expect(try site.shell("mkdir home/models/_/tiny/strange"), endsWith: .done)
        expect(try site.baigo("gc", "--json"), endsWith: .invalidContent, identifier: "store.damaged")
        expect(try site.baigo("gc", "--grace", "-1"), endsWith: .usage)
    }

    @Test func listsWhatFitsAndTheActiveVersionOfEachName() throws {
        let site = try Site()
        for (name, version, license) in [
            ("acme/one", "1", "MIT"), ("acme/one", "2", "MIT"), ("two", "1", "Apache-2.0"),
        ] {
            expect(
                try site.baigo(
                    "export", Site.model, "-o", "m.baimodel", "--force", "--name", name, "--version", version,
                    "--license", license), endsWith: .done)
            expect(try site.baigo("import", "m.baimodel", "--yes"), endsWith: .done)
        }
        func listed(_ arguments: String) throws -> [String] {
            let result = try site.shell("\"$BAIGO\" list --json \(arguments)")
            return try result.json["models"]?.array?.map {
                "\($0["name"]?.string ?? ""):\($0["version"]?.string ?? "")"
            } ?? []
        }
        #expect(try listed("") == ["acme/one:2", "two:1"])
        #expect(try listed("--all") == ["acme/one:2", "acme/one:1", "two:1"])
        #expect(try listed("one") == ["acme/one:2", "acme/one:1"])
        #expect(try listed("--name 'o?e'") == ["acme/one:2"])
        #expect(try listed("--name 'acme/*' --all") == ["acme/one:2", "acme/one:1"])
        #expect(try listed("--name 'o[mn]e'") == ["acme/one:2"])
        #expect(try listed("--name 'o\\*e'").isEmpty)
        #expect(try listed("--name ''").isEmpty)
        #expect(try listed("--license mit") == ["acme/one:2"])
        #expect(try listed("--license GPL-3.0").isEmpty)
        let architecture = try site.baigo("list", "--json").json["models"]?.array?.first?["architecture"]?.string ?? ""
        #expect(try listed("--architecture \(architecture) --name two") == ["two:1"])
        #expect(try listed("--architecture other").isEmpty)
        expect(try site.baigo("remove", "acme/one:2", "--force", "--yes"), endsWith: .done)
        #expect(try listed("--name one") == ["acme/one:1"])
    }

    @Test(.enabled(if: Program("strace").exists, "strace is not installed"))
    func writesNoContentThatIsThereAlready() throws {
        let site = try Site()
        try packaged(site)
        expect(
            try site.baigo("export", Site.model, "-o", "other.baimodel", "--name", "other", "--version", "1"),
            endsWith: .done)
        let script = """
            strace -f -qq -y -o trace -e trace=write,pwrite64,pwritev,copy_file_range,ioctl "$BAIGO" import other.baimodel \\
                --yes --quiet > /dev/null
            grep -a "$PWD/home/" trace | awk -F ' = ' '{ bytes += $NF } END { print bytes + 0 }'
            """
        let written = try site.shell(script)
        expect(written, endsWith: .done)
        let bytes = try #require(Int(written.text.trimmingCharacters(in: .whitespacesAndNewlines)))
        #expect(bytes > 1000 && bytes < 200_000)
    }

    @Test func measuresWhatModelsTakeAloneAndTogether() throws {
        let site = try Site()
        try packaged(site, "one")
        try packaged(site, "two")
        let result = try site.baigo("du", "--json")
        expect(result, endsWith: .done)
        let models = try result.json["models"]?.array ?? []
        #expect(models.map { $0["name"]?.string } == ["one", "two"])
        let weights = Int64(try Data(contentsOf: URL(fileURLWithPath: Site.model)).count)
        #expect(models[0]["sharedBytes"]?.integer ?? 0 >= weights)
        let own = models[0]["ownBytes"]?.integer ?? 0
        #expect(own > 0 && own < weights)
        let sum = try site.shell("find home/blobs -type f -printf '%s\\n' | awk '{ s += $1 } END { print s }'").text
        #expect(try result.json["totalBytes"]?.integer == Int64(sum.trimmingCharacters(in: .whitespacesAndNewlines)))
        let removed = try site.baigo("remove", "one", "--yes", "--json")
        #expect(try removed.json["freedBytes"]?.integer == own)
        expect(try site.baigo("du", "one"), endsWith: .notFound)
        expect(try site.baigo("du", "two"), endsWith: .done)
    }
}
