// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import Foundation
import TestSupport
import Testing

/// What other commands tell while a store is moved, by a new name or, where that is impossible, by a copy.
@Suite(.enabled(if: Tracing.isAvailable, "needs strace and leave to trace"))
struct MovedMeanwhileTests {
    private func site() throws -> Site {
        let site = try Site()
        for version in 1...2 {
            let name = "\(version).baimodel"
            expect(
                try site.baigo("export", Site.model, "-o", name, "--name", "m", "--version", "\(version)"),
                endsWith: .done)
        }
        expect(try site.baigo("import", "1.baimodel", "--yes"), endsWith: .done)
        return site
    }

    /// Starts a move, whose exchange of the folders takes a second or fails, and another command beside it.
    private func move(_ site: Site, _ injection: String, beside command: String) throws -> ProgramResult {
        // Where the call is made late the sign waits at the target for the exchange, where it ends late it was made.
        let sign = injection.hasPrefix("delay_exit") ? "store.json" : "moved.json"
        return try site.shell(
            #"""
            strace -f -qq -o calls -e trace=renameat2 -e inject=renameat2:\#(injection):when=1 \
                "$BAIGO" store move moved --quiet > move.out 2>&1 &
            until [ -e moved/\#(sign) ] || ! kill -0 $!; do sleep 0.01; done
            status=0; "$BAIGO" \#(command) || status=$?
            wait $!
            exit $status
            """#)
    }

    @Test(arguments: [
        "trust policy set signature.required always --json", "pin m:1 --wait 20 --json",
        "import 2.baimodel --yes --wait 20 --json",
    ])
    func aWriterThatWaitedWritesNothingWhereTheStoreWas(_ command: String) throws {
        for injection in ["error=EXDEV:delay_enter=1000000", "delay_enter=1000000"] {
            let site = try site()
            expect(
                try move(site, injection, beside: command), endsWith: .environment, identifier: "store.moved")
            #expect(["moved.json\n", "lock\nmoved.json\n"].contains(try site.shell("ls -A home").text))
            expect(try site.baigo("check", "--home", "moved"), endsWith: .done)
            #expect(try site.baigo("list", "--all", "--home", "moved", "--json").json["models"]?.array?.count == 1)
        }
    }

    @Test(arguments: ["list --json", "show m --json", "check --json", "import 2.baimodel --yes --json"])
    func nobodySeesAnEmptyPlaceWhereTheStoreWas(_ command: String) throws {
        let site = try site()
        expect(
            try move(site, "delay_exit=1500000", beside: "\(command)"), endsWith: .environment,
            identifier: "store.moved")
        #expect(try site.shell("ls -A home").text == "moved.json\n")
        expect(try site.baigo("check", "--home", "moved"), endsWith: .done)
    }

    @Test func aMoveThatWasCutOffGoesOn() throws {
        for point in ["mkdirat", "renameat", "fsync", "renameat2"] {
            for kill in 1...4 {
                let site = try site()
                let killed = try site.run(
                    "strace",
                    [
                        "-f", "-qq", "-o", "/dev/null", "-e", "trace=\(point)", "-e",
                        "inject=\(point):signal=KILL:when=\(kill)", Site.baigo.path, "store", "move", "moved",
                    ])
                let again = try site.baigo("store", "move", "moved", "--json")
                #expect(killed.status == 0 || again.status == 0, "\(point) \(kill): \(again)")
                #expect(try site.shell("ls -A home").text.contains("moved.json"), "\(point) \(kill)")
                expect(try site.baigo("check", "--home", "moved"), endsWith: .done)
                #expect(try site.baigo("list", "--home", "moved", "--json").json["models"]?.array?.count == 1)
            }
        }
    }
}
