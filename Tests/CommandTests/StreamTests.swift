// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import Foundation
import TestSupport
import Testing

/// Two hosts joined by a pipe, and what becomes of each when the other end goes away.
struct StreamTests {
    /// Runs a pipeline and returns the status of each part.
    private func statuses(_ site: Site, _ pipeline: String) throws -> [Int32] {
        let result = try site.shell(
            "set +e +o pipefail\n\(pipeline)\necho \"statuses ${PIPESTATUS[*]}\" > statuses")
        #expect(result.status == 0, "\(result)")
        let text = String(decoding: try site.contents("statuses"), as: UTF8.self)
        return text.split(whereSeparator: \.isWhitespace).dropFirst().compactMap { Int32($0) }
    }

    private static let formats = ["baimodel", "tar", "tar.gz", "tar.zst"]

    @Test(arguments: formats)
    func aReaderThatGoesAwayEndsTheExport(_ format: String) throws {
        let site = try Site()
        let export = "\"$BAIGO\" export '\(Site.model)' -o - --format \(format) --name tiny --quiet"
        #expect(try statuses(site, "\(export) | head -c 1000 > cut") == [141, 0])
        #expect(try site.contents("cut").count == 1000)
    }

    @Test(arguments: formats)
    func aWriterThatGoesAwayEndsTheImport(_ format: String) throws {
        let site = try Site()
        let export = "\"$BAIGO\" export '\(Site.model)' -o - --format \(format) --name tiny --quiet"
        let import_ = "\"$BAIGO\" import - --yes --quiet"
        for count in [0, 100, 1000, 500_000] {
            let found = try statuses(site, "\(export) | head -c \(count) | \(import_) 2> log")
            #expect(found.last == 4, "\(count): \(found)")
        }
        #expect(try site.baigo("list", "--json").json["models"]?.array == [])
        #expect(try site.shell("find home -path '*staging/*'; find . -name '.baigo-*'").text == "")
        #expect(try statuses(site, "\(export) | \(import_)") == [0, 0])
    }

    @Test(arguments: formats)
    func aRefusalAtTheFarEndEndsBothSides(_ format: String) throws {
        let site = try Site()
        try site.write(Data("x".utf8), to: "elsewhere")
        let found = try statuses(
            site,
            "\"$BAIGO\" export '\(Site.model)' -o - --format \(format) --name tiny --quiet | "
                + "BAIGO_HOME=\"$PWD/elsewhere\" \"$BAIGO\" import - --yes 2> log"
        )
        #expect(found.count == 2)
        #expect(found.first == 141)
        #expect([4, 7].contains(found.last), "\(found)")
    }

    @Test func convertToAPipeThatIsClosed() throws {
        let site = try Site()
        expect(try site.baigo("export", Site.model, "-o", "m.baimodel", "--name", "tiny"), endsWith: .done)
        #expect(try statuses(site, "\"$BAIGO\" convert m.baimodel - --format tar | head -c 10 > cut") == [141, 0])
    }
}
