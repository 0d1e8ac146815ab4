// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import Foundation
import TestSupport
import Testing

/// The inventory that `baigo list --index` writes for other tools.
struct InventoryTests {
    private func site(_ gnupg: KeyRing? = nil) throws -> Site {
        let site = try Site(gnupg: gnupg)
        for version in ["1", "2"] {
            expect(
                try site.baigo(
                    "export", Site.model, "-o", "\(version).baimodel", "--name", "acme/tiny", "--version", version),
                endsWith: .done)
            expect(try site.baigo("import", "\(version).baimodel", "--yes"), endsWith: .done)
        }
        site.environment["SOURCE_DATE_EPOCH"] = "1790000000"
        return site
    }

    @Test func writesTheSameBytesForTheSameStore() throws {
        let site = try site()
        for round in ["a", "b"] {
            expect(
                try site.baigo("list", "--index", "-o", "\(round).json", "--sqlite", "\(round).sqlite"), endsWith: .done
            )
        }
        #expect(try site.contents("a.json") == site.contents("b.json"))
        #expect(try site.contents("a.sqlite") == site.contents("b.sqlite"))
        let index = try JSONValue(strict: Array(try site.contents("a.json")))
        #expect(index["createdAt"] == "2026-09-21T14:13:20Z")
        #expect(try index["audit"] == site.baigo("audit", "verify", "--json").json["head"])
        let versions = index["models"]?.array?.first?["versions"]?.array ?? []
        #expect(versions.map { $0["version"]?.string } == ["2", "1"])
        #expect(versions.map { $0["active"]?.bool } == [true, false])
        #expect(versions.first?["engine"]?["id"] == "llama-cpp")
        #expect(versions.first?["files"]?.array?.contains { $0["role"] == "weights" } == true)
        let script = """
            import json, sqlite3
            index = json.load(open("a.json"))
            database = sqlite3.connect("file:a.sqlite?mode=ro&immutable=1", uri=True)
            assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            rows = database.execute("SELECT name, version, identity, active FROM version ORDER BY version DESC").fetchall()
            wanted = [(m["name"], v["version"], v["identity"][7:], int(v["active"])) for m in index["models"] for v in m["versions"]]
            assert rows == wanted, rows
            files = database.execute("SELECT count(*) FROM file").fetchone()[0]
            assert files == sum(len(v["files"]) for m in index["models"] for v in m["versions"])
            assert dict(database.execute("SELECT * FROM inventory"))["storeID"] == index["storeID"]
            """
        expect(try site.run("python3", ["-c", script]), endsWith: .done)
    }

    @Test func refusesToWriteOverFilesAndStraySyntax() throws {
        let site = try site()
        expect(try site.baigo("list", "--index", "-o", "a.json"), endsWith: .done)
        let before = try site.contents("a.json")
        expect(try site.baigo("pin", "tiny"), endsWith: .done)
        expect(try site.baigo("list", "--index", "-o", "a.json", "--json"), endsWith: .usage, identifier: "file.exists")
        #expect(try site.contents("a.json") == before)
        expect(try site.baigo("list", "--index", "-o", "a.json", "--force"), endsWith: .done)
        #expect(try site.contents("a.json") != before)
        #expect(try site.baigo("list", "--index", "-o", "-").output == site.contents("a.json"))
        for arguments in [
            ["--index"], ["-o", "x.json"], ["--index", "-o", "x.json", "tiny"], ["--index", "-o", "x.json", "--all"],
            ["--index", "-o", "-", "--key", "nobody"], ["--sqlite", "x"],
        ] {
            expect(try Site.baigo.run(["list"] + arguments, environment: ["HOME": site.folder]), endsWith: .usage)
        }
        expect(try site.baigo("list", "--index", "-o", "no/such/x.json"), endsWith: .notFound)
        #expect(!site.exists("x.json"))
    }

    @Test func refusesTwoFilesThatAreOneOrTheSignatureOfTheOther() throws {
        let site = try site()
        expect(try site.shell("mkdir real; ln -s real link"), endsWith: .done)
        for (target, sqlite) in [
            ("x", "x"), ("x", "./x"), ("real/x", "link/x"), ("real/../x", "x"), ("x", "X"), ("x.asc", "x"),
            ("x", "x.asc"), ("real/x", "link/x.asc"),
        ] {
            let result = try site.baigo("list", "--index", "-o", target, "--sqlite", sqlite, "--force", "--json")
            expect(result, endsWith: .usage, identifier: "usage")
            #expect(try site.shell("ls real; ls").text == "1.baimodel\n2.baimodel\nhome\nlink\nreal\n")
        }
        expect(try site.baigo("list", "--index", "-o", "real/x", "--sqlite", "x"), endsWith: .done)
    }

    @Test func takesNoSignatureAwayUnasked() throws {
        let site = try site()
        try site.write(Data("of something else".utf8), to: "a.json.asc")
        expect(try site.baigo("list", "--index", "-o", "a.json", "--json"), endsWith: .usage, identifier: "file.exists")
        #expect(try site.contents("a.json.asc") == Data("of something else".utf8))
        #expect(!site.exists("a.json"))
    }

    @Test func signsBothFilesSoThatGnuPGAloneChecksThem() throws {
        let ring = try KeyRing()
        let key = try ring.makeKey("Audit <audit@example.org>")
        let site = try site(ring)
        let result = try site.baigo(
            "list", "--index", "-o", "a.json", "--sqlite", "a.sqlite", "--key", key, "--json")
        expect(result, endsWith: .done)
        #expect(try result.json["signedBy"] == [.string(key)])
        for name in ["a.json", "a.sqlite"] {
            let verdict = try ring.gpgResult(["--verify", site.path(name + ".asc"), site.path(name)])
            #expect(verdict.status == 0)
            #expect(verdict.output.contains("VALIDSIG \(key)"))
        }
        // A new file without a signature takes the old signature away.
        expect(try site.baigo("list", "--index", "-o", "a.json", "--force"), endsWith: .done)
        #expect(!site.exists("a.json.asc"))
        expect(
            try site.baigo("list", "--index", "-o", "b.json", "--key", "nobody@example.org"), endsWith: .notFound)
        #expect(!site.exists("b.json"))
    }
}
