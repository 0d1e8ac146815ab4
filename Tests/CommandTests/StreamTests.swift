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

    /// Runs baigo on a pipe whose other end does nothing, and ends it by a signal once it waits for the pipe.
    ///
    /// `command` uses descriptor 9, both ends of the pipe, and puts baigo in its own place; `condition` holds of the
    /// number of bytes in the pipe when it waits. Gives 0 where it has ended within 20 seconds, and its exit status.
    private func signalled(
        _ site: Site, after first: String = ":", _ command: String, when condition: String, _ signal: String
    ) throws -> [Int32] {
        let count = """
            import fcntl, struct, sys, termios
            sys.exit(not struct.unpack("i", fcntl.ioctl(9, termios.FIONREAD, bytes(4)))[0] \(condition))
            """
        try site.write(Data(count.utf8), to: "count.py")
        let script = """
            rm -f full pid; mkfifo full; exec 9<>full
            ( \(first); echo $BASHPID > pid; \(command) ) &
            job=$!
            while [ ! -s pid ] || ! python3 count.py; do :; done
            kill -\(signal) $(cat pid)
            set +e
            timeout 20 tail --pid=$(cat pid) -f /dev/null; ended=$?
            kill -9 $(cat pid) 2> /dev/null
            wait $job; echo "$ended $?" > statuses
            rm -f full pid count.py
            """
        expect(try site.shell(script), endsWith: .done)
        return String(decoding: try site.contents("statuses"), as: UTF8.self).split(whereSeparator: \.isWhitespace)
            .compactMap { Int32($0) }
    }

    @Test(arguments: ["INT", "TERM"], ["baimodel", "tar"])
    func aSignalEndsAnExportWhoseReaderTakesNothing(_ signal: String, _ format: String) throws {
        let site = try Site()
        let export = "exec \"$BAIGO\" export '\(Site.model)' -o - --format \(format) --name tiny --quiet >&9 2> log"
        #expect(
            try signalled(site, export, when: "> 60000", signal) == [0, signal == "INT" ? 130 : 143])
        #expect(try site.shell("find . -mindepth 1").text.split(separator: "\n").sorted() == ["./log", "./statuses"])
        #expect(try site.contents("log").isEmpty)
    }

    @Test(arguments: ["INT", "TERM"])
    func aSignalEndsAnImportWhoseWriterSendsNothingMore(_ signal: String) throws {
        let site = try Site()
        expect(try site.baigo("export", Site.model, "-o", "m.baimodel", "--name", "tiny"), endsWith: .done)
        for count in [10, 1000] {
            let found = try signalled(
                site, after: "head -c \(count) m.baimodel >&9",
                "exec \"$BAIGO\" import - --yes --quiet <&9 2> log", when: "== 0", signal)
            #expect(found == [0, signal == "INT" ? 130 : 143])
            #expect(try site.shell("find home -type f 2> /dev/null; find . -name '.baigo-*'").text == "")
        }
    }
}
