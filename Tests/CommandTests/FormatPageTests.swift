// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import Foundation
import TestSupport
import Testing

/// The recipes of docs/package-format.md, run as they are printed.
struct FormatPageTests {
    /// The commands below a heading.
    private static func recipe(_ heading: String) throws -> String {
        let page = try String(
            contentsOf: Site.checkout.appendingPathComponent("docs/package-format.md"), encoding: .utf8)
        let section = try #require(page.components(separatedBy: "\n## \(heading)\n").last)
        let block = try #require(section.components(separatedBy: "```sh\n").dropFirst().first)
        return try #require(block.components(separatedBy: "```").first)
    }

    @Test func aPackageMadeByThePageIsOneAndChecksByThePage() throws {
        let ring = try KeyRing()
        let signer = try ring.makeKey("Packager <packager@example.org>")
        let site = try Site(gnupg: ring)
        expect(try site.shell("mkdir from && cp '\(Site.model)' from/x.gguf"), endsWith: .done)
        let make = try Self.recipe("Making a package without baigo").replacing("/path/to", with: site.path("from"))
        expect(try site.shell(make), endsWith: .done)
        try site.write(Data(try ring.publicKey(signer)), to: "key.asc")
        expect(try site.baigo("trust", "add", "key.asc", "--fingerprint", signer), endsWith: .done)
        expect(try site.baigo("verify", "x.baimodel", "--require-signature"), endsWith: .done)
        expect(try site.baigo("import", "x.baimodel", "--yes"), endsWith: .done)
        try check(site, signer)
    }

    @Test func aPackageOfBaigoChecksByThePage() throws {
        let ring = try KeyRing()
        let signer = try ring.makeKey("Packager <packager@example.org>")
        let site = try Site(gnupg: ring)
        expect(try site.baigo("export", Site.model, "-o", "x.baimodel", "--key", signer), endsWith: .done)
        try check(site, signer)
    }

    private func check(_ site: Site, _ signer: String) throws {
        let result = try site.shell(try Self.recipe("Checking a package without baigo"))
        expect(result, endsWith: .done)
        let lines = result.text.split(separator: "\n").map(String.init)
        let listed = try site.tool("unzip", "-p", "x.baimodel", "checksums.txt").text.split(separator: "\n")
            .map { String($0.dropFirst(66)) }
        let names = lines.prefix(listed.count + 2)
        #expect(Set(names) == Set(listed + ["checksums.txt", "checksums.txt.asc"]))
        for name in listed { #expect(lines.contains("\(name): OK")) }
        let valid = try #require(lines.first { $0.contains("VALIDSIG") }).split(separator: " ")
        #expect(valid.last.map(String.init) == signer)
        #expect(!result.text.contains("EXPKEYSIG") && !result.text.contains("REVKEYSIG"))
    }
}
