// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import Foundation
import TestSupport
import Testing

/// The procedure of docs/operations.md, run as it is printed, on hosts that share nothing but a folder.
struct OperationsPageTests {
    /// A block of commands and the host that its first line names.
    private struct Block {
        let host: String
        let commands: String
    }

    private static func blocks() throws -> [Block] {
        let page = try String(contentsOf: Site.checkout.appendingPathComponent("docs/operations.md"), encoding: .utf8)
        return try page.components(separatedBy: "```sh\n").dropFirst().map { rest in
            let block = try #require(rest.components(separatedBy: "```").first)
            let lines = block.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
            let host = try #require(lines.first?.hasPrefix("# ") == true ? lines.first : nil, "\(block)")
            return Block(host: String(host.dropFirst(2)), commands: lines.dropFirst().joined(separator: "\n") + "\n")
        }
    }

    /// The hosts of the procedure, each with a store and keys of its own, in one working folder.
    private final class Hosts {
        let site: Site
        private let rings: [String: KeyRing]

        init() throws {
            site = try Site()
            expect(try site.shell("mkdir stick site site/reports site/refused && touch none"), endsWith: .done)
            try FileManager.default.copyItem(atPath: Site.model, toPath: site.path("model.gguf"))
            // Nobody is there to be asked for a passphrase.
            let quiet = "batch\npinentry-mode loopback\npassphrase-file \(site.path("none"))\n"
            let names = ["build host", "signing host", "office", "closed host"]
            rings = Dictionary(
                uniqueKeysWithValues: try names.map { ($0, try KeyRing(configuration: quiet)) })
        }

        /// A key's fingerprint; "" while there is no such key.
        private func fingerprint(_ address: String, _ host: String) throws -> String {
            let listed = try rings[host]?.gpgResult(["--with-colons", "--list-keys"]).output ?? ""
            let lines = listed.split(separator: "\n").map { $0.split(separator: ":", omittingEmptySubsequences: false) }
            guard lines.contains(where: { $0[0] == "uid" && $0[9].contains(address) }) else { return "" }
            return lines.first { $0[0] == "fpr" }.map { String($0[9]) } ?? ""
        }

        /// The head of the log that the last report holds.
        private func head() throws -> String {
            guard site.exists("site/reports/2026-11-22.json") else { return "" }
            let report = try JSONValue(strict: Array(try site.contents("site/reports/2026-11-22.json")))["audit"]
            return "\(report?["sequence"]?.integer ?? 0):\(report?["sha256"]?.string ?? "")"
        }

        func run(_ block: Block) throws -> ProgramResult {
            site.environment = [
                "GNUPGHOME": try #require(rings[block.host], "\(block.host)").home,
                "BAIGO_HOME": site.path("store of the \(block.host)"), "STICK": site.path("stick"),
                "SITE": site.path("site"), "SIGNER": try fingerprint("build@example.org", "signing host"),
                "OFFICER": try fingerprint("officer@example.org", "office"), "HEAD": try head(),
            ]
            return try site.shell("PATH=$(dirname \"$BAIGO\"):$PATH\nset -x\n" + block.commands)
        }

        func closed(_ commands: String) throws -> ProgramResult {
            try run(Block(host: "closed host", commands: commands))
        }
    }

    @Test func theProcedureHoldsAsItIsPrinted() throws {
        let hosts = try Hosts()
        let blocks = try Self.blocks()
        #expect(blocks.count >= 15)
        for block in blocks {
            let isLast = block.commands.contains("--kind deactivate")
            if isLast {
                let listed = try hosts.closed("baigo list --json")
                #expect(try listed.json["models"]?.array?.map { $0["active"] } == [true])
            }
            expect(try hosts.run(block), endsWith: .done)
        }
        // The model came in signed, and went out of use when its signer's key was revoked.
        let shown = try hosts.closed("baigo show site/model:2026.11 --json").json
        #expect(shown["receipt"]?["trusted"] == true)
        #expect(shown["model"]?["active"] == false)
        expect(try hosts.closed("baigo import \"$STICK/model.baimodel\" --yes"), endsWith: .signature)
        expect(try hosts.closed("baigo audit verify && baigo check"), endsWith: .done)
        let digest = try hosts.closed("baigo trust policy show --json").json["digest"]
        #expect(digest?.string?.hasPrefix("sha256:") == true)
    }
}
