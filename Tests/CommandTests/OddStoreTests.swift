// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import Foundation
import TestSupport
import Testing

/// Stores with one odd or edited file, as a person meets them on a command line.
struct OddStoreTests {
    /// A store with `tiny` in two versions and `other`.
    private func prepared() throws -> Site {
        let site = try Site()
        for (name, version) in [("tiny", "1"), ("tiny", "2"), ("other", "1")] {
            let file = "\(name)-\(version).baimodel"
            expect(
                try site.baigo("export", Site.model, "-o", file, "--name", name, "--version", version), endsWith: .done)
            expect(try site.baigo("import", file, "--yes"), endsWith: .done)
        }
        return site
    }

    @Test func anUnreadableReceiptLeavesTheOtherModels() throws {
        let site = try prepared()
        let receipt = try site.shell("ls home/models/_/other/*/receipt.json").text.dropLast()
        /// Runs baigo where the disk cannot read that receipt.
        func unreading(_ command: String) throws -> ProgramResult {
            try site.shell(
                """
                strace -f -qq -o /dev/null -P "$PWD/\(receipt)" -e trace=pread64 -e inject=pread64:error=EIO \
                    "$BAIGO" \(command)
                """)
        }
        expect(try unreading("remove tiny:1 --yes --json"), endsWith: .done)
        expect(try unreading("pin tiny:2"), endsWith: .done)
        // The index knows the model still.
        #expect(try unreading("list --quiet").text.split(separator: "\n").count == 2)
        expect(try site.shell("rm home/index-1.sqlite"), endsWith: .done)
        let listed = try unreading("list --all --json")
        expect(listed, endsWith: .done)
        #expect(try listed.json["models"]?.array?.map { $0["name"]?.string } == ["tiny"])
        #expect(try listed.json["warnings"]?.array?.count == 1)
        expect(try unreading("gc"), endsWith: .environment)
        expect(try unreading("import tiny-1.baimodel --yes"), endsWith: .done)
        // The disk is well again.
        #expect(try site.baigo("list", "--all", "--quiet").text.split(separator: "\n").count == 3)
        expect(try site.baigo("check"), endsWith: .done)
        let removed = try unreading("remove other --yes --json")
        expect(removed, endsWith: .done)
        let version = try #require(try removed.json["removed"]?.array?.first)
        #expect(version["unreadable"] == true)
        #expect(version["reference"]?.string?.hasPrefix("other:1~") == true)
        #expect(try removed.json["warnings"]?.array?.count == 1)
        expect(try site.baigo("gc", "--grace", "0"), endsWith: .done)
        expect(try site.baigo("check"), endsWith: .done)
    }

    @Test func anEditedReceiptLeadsNowhere() throws {
        let site = try prepared()
        let script = """
            receipt=$(ls home/models/_/tiny/1~*/receipt.json)
            digest=$(printf 'planted\\n' | sha256sum | cut -c1-64)
            mkdir -p home/blobs/sha256/${digest:0:2}
            printf 'planted\\n' > home/blobs/sha256/${digest:0:2}/$digest
            printf 'precious\\n' > victim
            line="{\\"path\\": \\"../../../../../../victim\\", \\"role\\": \\"x\\", \\"sha256\\": \\"$digest\\", \\"size\\": 8},"
            sed -i "s|\\"files\\": \\[|&$line|" "$receipt"
            """
        expect(try site.shell(script), endsWith: .done)
        let copied = try site.baigo("store", "copy", "--to", "copy", "--json")
        expect(copied, endsWith: .invalidContent, identifier: "store.damaged")
        expect(try site.baigo("check", "--repair", "tiny-1.baimodel"), endsWith: .invalidContent)
        #expect(String(decoding: try site.contents("victim"), as: UTF8.self) == "precious\n")
        #expect(try site.shell("find . -name victim -not -path ./victim").text.isEmpty)
        let shown = try site.baigo("show", "tiny:1", "--json")
        expect(shown, endsWith: .invalidContent, identifier: "store.damaged")
        let removed = try site.baigo("remove", "tiny:1", "--yes")
        expect(removed, endsWith: .done)
        #expect(removed.text.contains("removed; it could not be read"))
        expect(try site.baigo("import", "tiny-1.baimodel", "--yes"), endsWith: .done)
        expect(try site.baigo("gc"), endsWith: .done)
        expect(try site.baigo("check"), endsWith: .done)
    }

    @Test func noNumberOfAnEditedFileEndsTheProgram() throws {
        let site = try prepared()
        let edit = #"sed -i -E 's/"size": [0-9]+/"size": 9223372036854775807/' home/models/_/tiny/1~*/receipt.json"#
        expect(try site.shell("cp -a home kept; \(edit); rm home/index-1.sqlite"), endsWith: .done)
        for command in ["list", "du", "doctor", "show tiny:2", "check tiny:2"] {
            expect(try site.baigo(command.split(separator: " ").map(String.init)), endsWith: .done)
        }
        for command in ["check", "show tiny:1", "store copy --to c", "gc"] {
            expect(try site.baigo(command.split(separator: " ").map(String.init)), endsWith: .invalidContent)
        }
        expect(try site.baigo("remove", "tiny", "--all", "--yes"), endsWith: .done)

        let sequence = #"sed -i '$ s/"sequence":[0-9]*/"sequence":9223372036854775807/' home/audit/audit.jsonl"#
        expect(try site.shell("rm -rf home; cp -a kept home; \(sequence)"), endsWith: .done)
        for command in ["pin tiny", "audit rotate", "audit verify", "check"] {
            expect(try site.baigo(command.split(separator: " ").map(String.init)), endsWith: .invalidContent)
        }
        expect(try site.baigo("list"), endsWith: .done)

        let sparse = """
            rm -rf home; cp -a kept home
            mkdir -p home/staging/\(String(repeating: "ab", count: 32))/files
            for f in 1 2 3; do
                truncate -s 9223372036854775807 home/staging/\(String(repeating: "ab", count: 32))/files/$f || exit 9
            done
            """
        // Not every file system takes files of that size.
        guard try site.shell(sparse).status == 0 else { return }
        expect(try site.baigo("gc", "--dry-run"), endsWith: .done)
        expect(try site.baigo("doctor"), endsWith: .done)
        expect(try site.baigo("gc", "--grace", "0"), endsWith: .done)
        #expect(try site.shell("ls home/staging").text.isEmpty)
    }
}
