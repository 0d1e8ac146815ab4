// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import Foundation
import TestSupport
import Testing

struct DocumentationTests {
    @Test(arguments: [
        [], ["export"], ["sign"], ["inspect"], ["verify"], ["import"], ["convert"], ["ingest"], ["list"], ["show"],
        ["activate"], ["rollback"], ["history"], ["pin"], ["unpin"], ["set"], ["remove"], ["check"], ["gc"], ["du"],
        ["run"],
        ["chat"], ["embed"], ["rerank"], ["tokenize"], ["bench"], ["store", "copy"], ["store", "move"],
        ["trust", "add"], ["trust", "list"], ["trust", "show"], ["trust", "export"], ["trust", "remove"],
        ["trust", "bundle"], ["trust", "update"],
        ["trust", "policy", "show"], ["trust", "policy", "check"], ["trust", "policy", "set"],
        ["trust", "policy", "explain"],
        ["audit", "show"], ["audit", "verify"], ["audit", "export"], ["audit", "rotate"], ["audit", "reset-clock"],
        ["engine", "list"], ["engine", "show"], ["engine", "export"], ["engine", "import"], ["engine", "activate"],
        ["engine", "rollback"], ["engine", "history"], ["engine", "remove"], ["engine", "devices"], ["doctor"],
    ])
    func docsShowTheHelpOfEachCommand(_ command: [String]) throws {
        let page = try String(contentsOf: Site.checkout.appendingPathComponent("docs/cli.md"), encoding: .utf8)
        let help = try Site.baigo.run(["help"] + command, environment: ["COLUMNS": "80"])
        expect(help, endsWith: .done)
        #expect(page.contains("```\n\(help.text)```\n"), "run scripts/cli-docs")
    }

    @Test func docsLinkToPagesThatExist() throws {
        let folder = Site.checkout.appendingPathComponent("docs")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".md") }
        let pages =
            names.map { folder.appendingPathComponent($0) } + [Site.checkout.appendingPathComponent("README.md")]
        for page in pages {
            let text = try String(contentsOf: page, encoding: .utf8)
            for match in text.matches(of: /\]\(([A-Za-z0-9_.\/-]+\.md)[^)]*\)/) {
                let target = page.deletingLastPathComponent().appendingPathComponent(String(match.1))
                #expect(FileManager.default.fileExists(atPath: target.path), "\(page.lastPathComponent): \(match.1)")
            }
        }
    }

    @Test func threatModelNamesTestsThatExist() throws {
        let page = try String(contentsOf: Site.checkout.appendingPathComponent("docs/threat-model.md"), encoding: .utf8)
        let folder = Site.checkout.appendingPathComponent("Tests")
        var sources = ""
        for case let file as URL in FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
            ?? .init()
        where file.pathExtension == "swift" {
            sources += try String(contentsOf: file, encoding: .utf8)
        }
        let named = page.matches(of: /`([A-Za-z0-9]+Tests)\.([A-Za-z0-9]+)`/)
        #expect(named.count > 25)
        for match in named {
            let isThere = sources.contains(" \(match.1) {") && sources.contains("func \(match.2)(")
            #expect(isThere, "\(match.0)")
        }
    }
}
