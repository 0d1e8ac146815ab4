// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import Foundation
import TestSupport
import Testing

/// A store of each layout that was ever released is kept, and every later version works with it.
struct StoreFixtureTests {
    private static let fixture = Site.checkout.appendingPathComponent("Fixtures/stores/schema-1")

    private func site() throws -> Site {
        let site = try Site()
        let archive = Self.fixture.appendingPathComponent("store.tar.gz").path
        expect(try site.shell("tar xzf '\(archive)' --no-same-owner && mv store home"), endsWith: .done)
        return site
    }

    private func expected(_ name: String) throws -> JSONValue {
        try JSONValue(strict: Array(try Data(contentsOf: Self.fixture.appendingPathComponent(name))))
    }

    /// What must never change of a list, whatever a later version adds.
    private func essence(_ list: JSONValue) -> [String] {
        (list["models"]?.array ?? []).map { model in
            ["reference", "identity", "content", "importedAt", "signature", "license"].map { model[$0]?.string ?? "" }
                .joined(separator: " ")
                + " \(model["active"] == true) \(model["pinned"] == true) \(model["size"]?.integer ?? 0)"
        }
    }

    @Test func listsShowsAndChecksWhatItHolds() throws {
        let site = try site()
        let before = try site.snapshot("home")
        let list = try site.baigo("list", "--all", "--json").json
        #expect(essence(list) == essence(try expected("list.json")))
        #expect(essence(list).count == 4)
        expect(try site.baigo("check", "--json"), endsWith: .done)
        let head = try expected("audit.json")["head"]
        let expectation = "\(head?["sequence"]?.integer ?? 0):\(head?["sha256"]?.string ?? "")"
        expect(try site.baigo("audit", "verify", "--expect", expectation), endsWith: .done)
        let shown = try site.baigo("show", "tiny", "--json").json
        #expect(shown["model"]?["version"] == "1.0")
        #expect(shown["receipt"]?["trusted"] == true)
        expect(try site.baigo("du"), endsWith: .done)
        #expect(try site.snapshot("home") == before)
        let recipe = """
            export GNUPGHOME="$PWD/gnupg"; mkdir -m 700 "$GNUPGHOME"; gpg --batch --quiet --import home/trust/keys/*.asc
            for package in home/models/*/*/*~*/package; do
                (cd "$package" && sha256sum --strict --quiet -c checksums.txt
                gpg --batch --status-fd 1 --verify checksums.txt.asc checksums.txt 2> /dev/null | grep -q VALIDSIG)
            done
            gpgconf --kill all
            """
        expect(try site.shell(recipe), endsWith: .done)
    }

    @Test func makesTheSameIndexAnew() throws {
        let site = try site()
        let listed = try site.baigo("list", "--all", "--json").output
        expect(try site.shell("rm home/index-*.sqlite"), endsWith: .done)
        expect(try site.baigo("check", "--rebuild"), endsWith: .done)
        #expect(try site.baigo("list", "--all", "--json").output == listed)
    }

    @Test func goesOnWhereItWasLeft() throws {
        let site = try site()
        let back = try site.baigo("rollback", "tiny", "--json")
        expect(back, endsWith: .done)
        #expect(try back.json["active"]?["version"] == "2.0")
        expect(
            try site.baigo("remove", "tiny:1.0", "--yes", "--json"), endsWith: .usage, identifier: "store.pinned")
        expect(try site.baigo("remove", "plain", "--yes"), endsWith: .done)
        expect(try site.baigo("export", "tiny", "-o", "tiny.baimodel"), endsWith: .done)
        expect(try site.baigo("import", "tiny.baimodel", "--yes"), endsWith: .done)
        expect(
            try site.baigo("export", Site.model, "-o", "new.baimodel", "--name", "new", "--version", "1"),
            endsWith: .done)
        expect(try site.baigo("import", "new.baimodel", "--yes"), endsWith: .signature)
        expect(try site.baigo("import", "new.baimodel", "--yes", "--allow-unsigned"), endsWith: .done)
        expect(try site.baigo("gc"), endsWith: .done)
        expect(try site.baigo("check"), endsWith: .done)
    }
}
