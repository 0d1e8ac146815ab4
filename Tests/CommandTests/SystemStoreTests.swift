// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import Foundation
import Glibc
import TestSupport
import Testing

/// One store for all users of a host, and several stores side by side.
struct SystemStoreTests {
    private static var canBecomeAnother: Bool { geteuid() == 0 && Program("setpriv").exists }

    /// A site whose system store holds one model.
    private func site() throws -> Site {
        let site = try Site()
        site.environment["BAIGO_SYSTEM_STORE"] = site.path("system")
        expect(
            try site.baigo("export", Site.model, "-o", "m.baimodel", "--name", "acme/shared", "--version", "1"),
            endsWith: .done)
        expect(try site.baigo("import", "m.baimodel", "--yes", "--system"), endsWith: .done)
        #expect(!site.exists("home"))
        return site
    }

    @Test func readsTheSystemStoreBeneathTheOwnOneAndWritesOnlyTheOwnOne() throws {
        let site = try site()
        let before = try site.snapshot("system")
        expect(try site.baigo("export", "shared", "-o", "again.baimodel"), endsWith: .done)
        #expect(try site.contents("again.baimodel") == site.contents("m.baimodel"))
        let shown = try site.baigo("show", "shared", "--json")
        #expect(try shown.json["model"]?["store"] == "system")
        expect(try site.baigo("verify", try shown.json["path"]?.string ?? ""), endsWith: .done)
        expect(try site.baigo("remove", "shared", "--yes", "--json"), endsWith: .notFound)
        expect(try site.baigo("activate", "shared:1"), endsWith: .notFound)
        expect(try site.baigo("import", "m.baimodel", "--yes"), endsWith: .done)
        #expect(
            try site.baigo("list", "--json").json["models"]?.array?.map { $0["store"]?.string } == ["own", "system"])
        #expect(try site.baigo("list").text.contains("STORE"))
        expect(try site.baigo("remove", "shared", "--yes"), endsWith: .done)
        #expect(try site.snapshot("system") == before)
        expect(try site.baigo("check", "--system"), endsWith: .done)
    }

    @Test(arguments: [
        ["remove", "shared", "--yes"], ["activate", "shared:1"], ["rollback", "shared"], ["pin", "shared"],
        ["unpin", "acme/shared:1"], ["set", "shared", "context=512"], ["du", "shared"], ["check", "shared"],
    ])
    func saysHowToNameAModelThatOnlyTheSystemStoreHas(_ command: [String]) throws {
        let site = try site()
        let result = try site.baigo(command)
        expect(result, endsWith: .notFound)
        #expect(result.errorOutput.contains("hint: ") && result.errorOutput.contains("add --system"))
        let elsewhere = try site.baigo(command.map { $0 == "shared" ? "other" : $0 } + ["--home", "third"])
        expect(elsewhere, endsWith: .notFound)
        #expect(!elsewhere.errorOutput.contains("--system"))
    }

    @Test func takesHomesSideBySideByOption() throws {
        let site = try site()
        expect(try site.baigo("import", "m.baimodel", "--yes", "--home", "other"), endsWith: .done)
        #expect(try site.baigo("list", "--home", "other", "--json").json["models"]?.array?.count == 1)
        #expect(try site.baigo("list", "--home", "third", "--json").json["models"]?.array?.count == 0)
        #expect(!site.exists("third") && !site.exists("home"))
        expect(try site.baigo("list", "--home", "", "--json"), endsWith: .usage, identifier: "usage")
        expect(try site.baigo("list", "--home", "a", "--system"), endsWith: .usage)
        site.environment["BAIGO_SYSTEM_STORE"] = "none"
        expect(
            try site.baigo("list", "--system", "--json"), endsWith: .environment,
            identifier: "environment.configuration")
        site.environment["BAIGO_SYSTEM_STORE"] = "relative"
        expect(try site.baigo("list"), endsWith: .environment)
    }

    @Test func namesASystemStoreThatOthersMayWriteTo() throws {
        let site = try site()
        expect(try site.baigo("import", "m.baimodel", "--yes"), endsWith: .done)
        expect(try site.shell("chmod 777 system"), endsWith: .done)
        let listed = try site.baigo("list")
        expect(listed, endsWith: .done)
        #expect(listed.errorOutput.contains("other users may write to"))
        expect(try site.baigo("show", "shared"), endsWith: .done)
        expect(try site.baigo("show", "other", "--json"), endsWith: .environment, identifier: "environment.ownership")
        expect(try site.baigo("list", "--system", "--json"), endsWith: .environment)
    }

    @Test(.enabled(if: canBecomeAnother, "only root can become another user"))
    func servesUsersWhoMayNotWriteToIt() throws {
        let site = try site()
        let engine = Program.product("baigo-engine").path
        let script = """
            chmod 755 .
            mkdir engine own && chown 65534:65534 own
            cp '\(engine)' engine/
            cp -L '\(Site.checkout.path)'/.build/engine/lib/*.so* '\(Site.checkout.path)'/.build/engine/bin/*.so engine/
            as() { setpriv --reuid=65534 --regid=65534 --clear-groups env HOME="$PWD/own" BAIGO_HOME="$PWD/own/home" \
                TMPDIR="$PWD/own" BAIGO_ENGINE="$PWD/engine/baigo-engine" "$BAIGO" "$@"; }
            as list --quiet
            as show shared --quiet > /dev/null
            as check --system --quiet
            as gc --system --dry-run --quiet
            as audit verify --system --quiet > /dev/null
            as export shared -o own/x.baimodel --quiet > /dev/null
            as verify own/x.baimodel --quiet > /dev/null
            as verify "$(as show shared --json | sed -n 's/^  "path": "\\(.*\\)",$/\\1/p')" --quiet > /dev/null
            as run shared --raw --max-tokens 2 --temperature 0 "Once" < /dev/null > /dev/null
            if as remove shared --yes --system 2> own/error; then exit 9; fi
            cat own/error
            if as pin shared --system 2> own/error; then exit 9; fi
            ls own
            """
        let before = try site.snapshot("system")
        let result = try site.shell(script)
        expect(result, endsWith: .done)
        #expect(result.text.hasPrefix("acme/shared:1~"))
        #expect(result.text.contains("belongs to user 0, not to you"))
        #expect(result.text.hasSuffix("error\nx.baimodel\n"))
        #expect(try site.snapshot("system") == before)
    }

    @Test(.enabled(if: canBecomeAnother, "only root can become another user"))
    func isCopiedByUsersWhoMayNotWriteToIt() throws {
        let site = try site()
        let script = """
            chmod 755 .
            mkdir own && chown 65534:65534 own
            as() { setpriv --reuid=65534 --regid=65534 --clear-groups env HOME="$PWD/own" BAIGO_HOME="$PWD/own/home" \
                TMPDIR="$PWD/own" "$BAIGO" "$@"; }
            as store copy --system --to own/copy --json
            as check --home own/copy --quiet
            as store copy --system --to own/copy --quiet 2> /dev/null
            as list --home own/copy --quiet
            """
        let before = try site.snapshot("system/models") + site.snapshot("system/blobs")
        let result = try site.shell(script)
        expect(result, endsWith: .done)
        #expect(result.text.contains("store.copy-unrecorded"))
        #expect(result.text.contains("acme/shared:1"))
        #expect(try site.snapshot("system/models") + site.snapshot("system/blobs") == before)
    }
}
