// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import Foundation
import TestSupport
import Testing

/// Processes that are started without a standard stream, and files that are streams.
struct StandardStreamTests {
    @Test(arguments: ["verify -", "inspect -", "import - --yes", "ingest -"])
    func closedStandardInputCannotBeRead(_ command: String) throws {
        let site = try Site(holding: "m.baimodel")
        let result = try site.shell("status=0; timeout 60 $BAIGO \(command) --json <&- || status=$?; echo $status")
        #expect(result.text.split(separator: "\n").last == "7", "\(result)")
        #expect(result.errorOutput.contains("environment.io"))
        #expect(result.errorOutput.contains("standard input"))
    }

    @Test func closedStreamsThatNobodyNeedsAreNoMatter() throws {
        let site = try Site(holding: "m.baimodel")
        for closing in ["<&-", "2>&-", "<&- 2>&-"] {
            let good = try site.shell("timeout 60 $BAIGO verify m.baimodel --quiet \(closing)")
            expect(good, endsWith: .done)
            #expect(good.text.contains("tiny:1"))
            let missing = try site.shell(
                "status=0; timeout 60 $BAIGO verify none.baimodel \(closing) || status=$?; echo $status")
            #expect(missing.text == "3\n", "\(closing)")
        }
        let silent = try site.shell("status=0; $BAIGO verify m.baimodel >&- || status=$?; echo $status")
        #expect(silent.text == "141\n")
        // Nothing that is written to a closed stream ends up in a file that was opened later.
        let before = try site.contents("m.baimodel")
        expect(
            try site.shell("$BAIGO export '\(Site.model)' -o n.baimodel --name tiny --version 1 2>&-"), endsWith: .done)
        expect(try site.baigo("verify", "n.baimodel"), endsWith: .done)
        #expect(try site.contents("m.baimodel") == before)
    }

    @Test func signaturesAndKeysComeThroughPipes() throws {
        let ring = try KeyRing()
        let fingerprint = try ring.makeKey("Ada <ada@example.test>")
        let site = try Site(holding: "m.baimodel", gnupg: ring)
        try site.write(Data(try ring.publicKey(fingerprint)), to: "key.asc")
        expect(try site.baigo("sign", "m.baimodel", "--detached-request", "list.txt"), endsWith: .done)
        let list = Array(try site.contents("list.txt"))
        try site.write(Data(try ring.sign(list, with: fingerprint)), to: "sig.asc")
        expect(try site.shell("$BAIGO sign m.baimodel --attach <(cat sig.asc)"), endsWith: .done)
        expect(
            try site.shell("mkfifo pipe; cat sig.asc > pipe & $BAIGO sign m.baimodel --attach pipe; wait"),
            endsWith: .done)
        expect(
            try site.shell("$BAIGO trust add <(cat key.asc) --fingerprint \(fingerprint)"), endsWith: .done)
        expect(try site.baigo("verify", "m.baimodel", "--require-signature"), endsWith: .done)
        let endless = try site.shell(
            "status=0; $BAIGO sign m.baimodel --attach /dev/zero --json || status=$?; echo $status")
        #expect(endless.text == "5\n")
    }

    @Test func ofSeveralSignaturesByOneKeyTheLastIsAttached() throws {
        let ring = try KeyRing()
        let fingerprint = try ring.makeKey("Ada <ada@example.test>")
        let other = try ring.makeKey("Bob <bob@example.test>")
        let site = try Site(holding: "m.baimodel", gnupg: ring)
        expect(try site.baigo("sign", "m.baimodel", "--detached-request", "list.txt"), endsWith: .done)
        let list = Array(try site.contents("list.txt"))
        let signature = try ring.sign(list, with: fingerprint)
        let again = try ring.sign(list, with: fingerprint, options: ["--digest-algo", "SHA512"])
        for attached in [signature + signature, try signature + ring.sign(list, with: other) + again] {
            try site.write(Data(attached), to: "dbl.asc")
            expect(try site.baigo("sign", "m.baimodel", "--attach", "dbl.asc"), endsWith: .done)
        }
        let signers = try site.baigo("inspect", "m.baimodel", "--json").json["signature"]?["signers"]?.array
        #expect(signers?.map { $0["signingKey"]?.string } == [other, fingerprint])
        #expect(signers?.map { $0["digest"]?.string }.last == "SHA512")
    }
}
