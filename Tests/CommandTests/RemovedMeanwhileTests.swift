// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import Foundation
import TestSupport
import Testing

/// What readers tell that never wait for a lock, where the version that they read is removed on the way: that it is
/// gone, and never that the store is damaged.
@Suite(.enabled(if: Tracing.isAvailable, "needs strace and leave to trace"))
struct RemovedMeanwhileTests {
    @Test(arguments: [
        ("show m", 3), ("show m --card", 3), ("export m -o x.baimodel --force --quiet", 3), ("check", 0),
        ("gc --dry-run", 0), ("list --index -o index.json --force", 0),
    ])
    func tellsThatAVersionIsGone(_ command: String, _ expected: Int32) throws {
        let site = try Site()
        expect(
            try site.baigo("export", Site.model, "-o", "m.baimodel", "--name", "m", "--version", "1"), endsWith: .done)
        var delays = 0
        // Each call that looks at a part of the version waits in turn until the removal is over.
        for call in 2...7 {
            expect(try site.baigo("import", "m.baimodel", "--yes"), endsWith: .done)
            let ended = try site.shell(
                #"""
                strace -f -qq -o calls -P receipt.json -P manifest.json -P checksums.txt -P package -P model \
                    -e trace=openat,newfstatat,statx -e inject=all:delay_enter=1500000:when=\#(call) \
                    "$BAIGO" \#(command) > out 2> err < /dev/null &
                until [ -s calls ] || ! kill -0 $!; do sleep 0.01; done
                sleep 0.2
                "$BAIGO" remove m --all --force --yes --quiet
                status=0; wait $! || status=$?
                grep DELAYED calls || true
                rm calls
                exit $status
                """#)
            let said = String(decoding: try site.contents("err"), as: UTF8.self)
            #expect([0, expected].contains(ended.status), "call \(call): \(said)")
            #expect(!said.contains("damaged") && !said.contains("is missing"), "call \(call): \(said)")
            if ended.text.contains("DELAYED"), ended.status == expected { delays += 1 }
            expect(try site.baigo("check"), endsWith: .done)
        }
        #expect(delays > 0)
    }
}
