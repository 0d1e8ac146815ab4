// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import Foundation
import TestSupport
import Testing

/// Many processes at one store for ten seconds: importers, some of them killed on the way, and everything else that
/// changes or reads it.
struct StressTests {
    /// What a process of each kind runs in turn, and the exit statuses that it may end with.
    private static let workers: [(name: String, commands: [String], statuses: Set<Int>)] = [
        ("importer", ["import a-1.baimodel --yes --wait 60", "import a-2.baimodel --yes --wait 60"], [0, 8]),
        ("importer2", ["import b-1.baimodel --yes --wait 60"], [0]),
        ("replacer", ["import a-1b.baimodel --replace --yes --wait 60"], [0]),
        ("killed", ["import c-1.baimodel --yes --wait 60"], [0, 137]),
        (
            "remover",
            ["remove a --all --yes --wait 60", "remove b:1 --force --yes --wait 60", "remove c --all --yes --wait 60"],
            [0, 3]
        ),
        ("switcher", ["activate a:1 --wait 60", "rollback a --wait 60", "activate a:2 --wait 60"], [0, 3]),
        ("collector", ["gc --grace 0 --wait 60"], [0]),
        ("ingester", ["ingest stick --wait 60"], [0]),
        ("lister", ["list --all", "du", "list --name a"], [0]),
        ("viewer", ["show a", "history a", "show b"], [0, 3]),
        ("checker", ["check", "audit verify"], [0]),
        ("keeper", ["check kept", "show kept", "export kept -o k.baimodel --force"], [0]),
        ("reader", ["verify ./kept-package/", "export a -o a.baimodel --force"], [0, 3]),
    ]

    private static let script = #"""
        worker() {
            local name=$1 kill=$2 line status
            while [ "$SECONDS" -lt 10 ]; do
                while read -r line; do
                    status=0
                    # shellcheck disable=SC2086 # a line is a command
                    timeout -s KILL "$kill" "$BAIGO" $line --json > "out.$name" 2> "err.$name" < /dev/null \
                        || status=$?
                    printf '%s\t%s\t%s\n' "$status" "$line" "$(tail -n 1 "err.$name")" >> "log.$name"
                    kill=$(case $kill in 0.*) echo "0.0$((RANDOM % 9 + 1))" ;; *) echo 300 ;; esac)
                done < "commands.$name"
            done
        }
        SECONDS=0
        for file in commands.*; do
            name=${file#commands.}
            worker "$name" "$(if [ "$name" = killed ]; then echo 0.05; else echo 300; fi)" &
        done
        wait
        """#

    @Test func manyProcessesShareAStore() throws {
        let site = try Site()
        let packages = #"""
            mkdir stick
            for p in kept-1 a-1 a-1b a-2 b-1 c-1 stick/d-1 stick/e-1; do
                echo "$p" > LICENSE
                name=${p##*/}; version=${name#*-}
                "$BAIGO" export '\#(Site.model)' -o $p.baimodel --name ${name%-*} --version ${version%b} \
                    --license-file LICENSE --quiet
            done
            "$BAIGO" import kept-1.baimodel --yes --quiet
            ln -s home/models/_/kept/*/package kept-package
            """#
        expect(try site.shell(packages), endsWith: .done)
        for worker in Self.workers {
            let lines = worker.commands.joined(separator: "\n") + "\n"
            try site.write(Data(lines.utf8), to: "commands.\(worker.name)")
        }
        expect(try site.shell(Self.script), endsWith: .done)

        for worker in Self.workers {
            let log = String(decoding: try site.contents("log.\(worker.name)"), as: UTF8.self).split(separator: "\n")
            #expect(log.count >= worker.commands.count, "\(worker.name) was held up: \(log)")
            for line in log {
                let status = line.prefix { $0 != "\t" }
                #expect(Int(status).map(worker.statuses.contains) == true, "\(worker.name): \(line)")
            }
        }
        expect(try site.baigo("gc", "--grace", "0"), endsWith: .done)
        expect(try site.baigo("check"), endsWith: .done)
        expect(try site.baigo("audit", "verify"), endsWith: .done)
        expect(try site.baigo("verify", "./kept-package/"), endsWith: .done)
        expect(
            try site.shell("cd kept-package/ && sha256sum --strict --quiet -c checksums.txt"), endsWith: .done)
        #expect(try site.shell("find home/staging -mindepth 1; find home -name '*.partial'").text == "")
        for name in ["a-1", "a-2", "b-1", "c-1"] {
            expect(try site.baigo("import", "\(name).baimodel", "--yes", "--replace"), endsWith: .done)
        }
        expect(try site.baigo("check"), endsWith: .done)
    }
}
