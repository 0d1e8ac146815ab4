// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import Foundation
import TestSupport
import Testing

/// Signatures by the user's own keys, by key files, and by hosts that only see the list.
struct SigningTests {
    private func signers(_ site: Site) throws -> [String?] {
        try site.baigo("inspect", "m.baimodel", "--json").json["signature"]?["signers"]?.array?
            .map { $0["signingKey"]?.string } ?? []
    }

    /// Folders with secret keys that a process has made.
    private static let leftovers =
        "{ cat /dev/shm/baigo-key-*/lock /tmp/baigo-key-*/lock 2> /dev/null || true; } | grep"

    @Test func gpgConfirmsWhatBaigoSignsAndTheOtherWayRound() throws {
        let ring = try KeyRing()
        var primaries: [String] = []
        for algorithm in ["ed25519", "rsa2048", "nistp256"] {
            primaries.append(try ring.makeKey("\(algorithm) <\(algorithm)@example.test>", algorithm: algorithm))
        }
        let certifier = try ring.makeKey("sub <sub@example.test>", usage: "cert")
        _ = try ring.addSigningSubkey(to: certifier, algorithm: "rsa2048")
        primaries.append(certifier)
        let site = try Site(holding: "m.baimodel", gnupg: ring)
        for primary in primaries {
            expect(try site.baigo("sign", "m.baimodel", "--key", primary), endsWith: .done)
        }
        expect(try site.shell("mkdir x; unzip -q m.baimodel -d x"), endsWith: .done)
        let list = Array(try site.contents("x/checksums.txt"))
        let made = Array(try site.contents("x/checksums.txt.asc"))
        #expect(try ring.verifies(made, over: list, by: primaries))
        for primary in primaries {
            try site.write(Data(try ring.publicKey(primary)), to: "key.asc")
            expect(try site.baigo("trust", "add", "key.asc", "--fingerprint", primary), endsWith: .done)
            expect(
                try site.shell("cp m.baimodel plain.baimodel; zip -q -d plain.baimodel checksums.txt.asc"),
                endsWith: .done)
            expect(
                try site.baigo("verify", "plain.baimodel", "--json"), endsWith: .signature,
                identifier: "signature.missing")
            try site.write(Data(try ring.sign(list, with: primary)), to: "by-gpg.asc")
            expect(try site.baigo("sign", "plain.baimodel", "--attach", "by-gpg.asc"), endsWith: .done)
            let verified = try site.baigo("verify", "plain.baimodel", "--json", "--require-signature")
            expect(verified, endsWith: .done)
            #expect(try verified.json["signature"]?["signers"]?.array?.map { $0["status"] } == ["valid"])
        }
        let all = try site.baigo("verify", "m.baimodel", "--json")
        expect(all, endsWith: .done)
        #expect(try all.json["signature"]?["signers"]?.array?.map { $0["trusted"] } == [true, true, true, true])
        let four = try primaries.flatMap { try ring.sign(list, with: $0) }
        try site.write(Data(four), to: "x/checksums.txt.asc")
        let folder = try site.baigo("verify", "x", "--json")
        expect(folder, endsWith: .done)
        #expect(try folder.json["signature"]?["signers"]?.array?.map { $0["trusted"] } == [true, true, true, true])
    }

    @Test func saysThatNobodyCanBeAskedForThePassphrase() throws {
        let ring = try KeyRing()
        let fingerprint = try ring.makeKey("Ada <ada@example.test>", passphrase: "secret")
        try ring.endAgent()
        let site = try Site(holding: "m.baimodel", gnupg: ring)
        let before = try site.contents("m.baimodel")
        let command = "setsid -w $BAIGO sign m.baimodel --key \(fingerprint) --json < /dev/null"
        expect(try site.shell(command), endsWith: .environment, identifier: "signing.passphrase")
        #expect(try site.contents("m.baimodel") == before)
        expect(
            try site.baigo("export", Site.model, "-o", "n.baimodel", "--key", fingerprint, "--json"),
            endsWith: .environment, identifier: "signing.passphrase")
        #expect(!site.exists("n.baimodel"))
    }

    @Test func signsWithAKeyFileAndLeavesNothingBehind() throws {
        let ring = try KeyRing()
        let open = try ring.makeKey("Open <open@example.test>")
        let locked = try ring.makeKey("Locked <locked@example.test>", passphrase: "open sesame")
        let site = try Site(holding: "m.baimodel")
        try site.write(Data(try ring.secretKey(open)), to: "open.asc")
        let export = ["--passphrase", "open sesame", "--armor", "--export-secret-keys", locked]
        try site.write(Data(try ring.gpg(export)), to: "locked.asc")
        try site.write(Data("open sesame\n".utf8), to: "right.txt")
        try site.write(Data("open barley\n".utf8), to: "wrong.txt")
        try site.write(Data("no key".utf8), to: "none.asc")
        expect(try site.shell("chmod 600 *.asc"), endsWith: .done)
        expect(try site.baigo("sign", "m.baimodel", "--key-file", "open.asc"), endsWith: .done)
        let signed = try site.baigo(
            "sign", "m.baimodel", "--key-file", "locked.asc", "--passphrase-file", "right.txt", "--json")
        expect(signed, endsWith: .done)
        #expect(try signed.json["signedBy"] == [.string(locked)])
        #expect(try signers(site) == [open, locked])
        let failures: [([String], BaigoCore.ExitStatus, String)] = [
            (["--key-file", "locked.asc", "--passphrase-file", "wrong.txt"], .environment, "signing.passphrase"),
            (["--key-file", "locked.asc"], .environment, "signing.passphrase"),
            (["--key-file", "none.asc"], .invalidContent, "key.malformed"),
            (["--key-file", "missing.asc"], .notFound, "file.not-found"),
            (["--key-file", "open.asc", "--key", "other@example.test"], .notFound, "key.not-found"),
            (["--passphrase-file", "right.txt"], .usage, "usage"),
            ([], .usage, "usage"), (["--key", open, "--attach", "x.asc"], .usage, "usage"),
        ]
        for (options, status, identifier) in failures {
            expect(
                try site.baigo(["sign", "m.baimodel", "--json"] + options), endsWith: status, identifier: identifier)
        }
        expect(
            try site.baigo("export", Site.model, "-o", "n.baimodel", "--key-file", "open.asc", "--require"),
            endsWith: .usage)
        expect(try site.baigo("export", Site.model, "-o", "n.baimodel", "--key-file", "open.asc"), endsWith: .done)
        expect(try site.shell("chmod 644 open.asc"), endsWith: .done)
        let shared = try site.baigo("sign", "n.baimodel", "--key-file", "open.asc")
        expect(shared, endsWith: .done)
        #expect(shared.errorOutput.contains("warning: other users may read the secret key"))
        // Agents of others that run beside this test have their homes still.
        let orphans = try site.shell(
            """
            for _ in $(seq 100); do
                left=$(ps -eo args | sed -n 's/.*gpg-agent --homedir \\([^ ]*baigo-key-[^ ]*\\).*/\\1/p' |
                    while read -r home; do [ -d "$home" ] || echo "$home"; done)
                [ -n "$left" ] || break
                sleep 0.1
            done
            echo "$left"
            """)
        #expect(orphans.text == "\n", "\(orphans)")
    }

    @Test(arguments: ["INT", "TERM"])
    func forgetsAKeyFileWhenItIsInterrupted(_ signal: String) throws {
        let ring = try KeyRing()
        let site = try Site(holding: "m.baimodel")
        try site.write(Data(try ring.secretKey(try ring.makeKey("Ada <ada@example.test>"))), to: "secret.asc")
        // Hashing this takes long enough to be interrupted with the keys at hand.
        let result = try site.shell(
            """
            truncate -s 64G big.bin
            $BAIGO export '\(Site.model)' --include big.bin -o - --key-file secret.asc > out 2> err & pid=$!
            until \(Self.leftovers) -q "^$pid "; do kill -0 $pid; done
            kill -\(signal) $pid
            status=0; wait $pid || status=$?
            echo "status $status"
            \(Self.leftovers) "^$pid " || echo gone
            """)
        expect(result, endsWith: .done)
        let status = (signal == "INT" ? BaigoCore.ExitStatus.interrupted : .terminated).rawValue
        #expect(result.text == "status \(status)\ngone\n", "\(result)")
    }

    @Test func removesWhatAKilledProcessLeft() throws {
        let ring = try KeyRing()
        let site = try Site(holding: "m.baimodel")
        try site.write(Data(try ring.secretKey(try ring.makeKey("Ada <ada@example.test>"))), to: "secret.asc")
        let result = try site.shell(
            """
            truncate -s 64G big.bin
            $BAIGO export '\(Site.model)' --include big.bin -o - --key-file secret.asc > out 2> err & pid=$!
            until \(Self.leftovers) -q "^$pid "; do kill -0 $pid; done
            kill -KILL $pid; wait $pid || true
            lock=$(grep -l "^$pid " /dev/shm/baigo-key-*/lock /tmp/baigo-key-*/lock 2> /dev/null || true)
            left=$(dirname "$lock")
            touch -d '1 hour ago' "$left"
            $BAIGO sign m.baimodel --key-file secret.asc
            test ! -e "$left"
            """)
        expect(result, endsWith: .done)
    }

    @Test func carriesTheListToAnotherHostAndTheSignatureBack() throws {
        let signingHost = try KeyRing()
        let fingerprint = try signingHost.makeKey("Ada <ada@example.test>")
        let site = try Site(holding: "m.baimodel")
        let before = try site.contents("m.baimodel")
        let request = try site.baigo("sign", "m.baimodel", "--detached-request", "list.txt")
        expect(request, endsWith: .done)
        #expect(request.errorOutput.contains("gpg --armor --detach-sign"))
        #expect(try site.contents("m.baimodel") == before)
        #expect(
            try site.shell("unzip -p m.baimodel checksums.txt | cmp - list.txt; stat -c %a list.txt").text == "644\n")
        expect(
            try site.baigo("sign", "m.baimodel", "--detached-request", "list.txt", "--json"), endsWith: .usage,
            identifier: "file.exists")
        let piped = try site.baigo("sign", "m.baimodel", "--detached-request", "-")
        #expect(try piped.output == site.contents("list.txt"))
        let list = Array(try site.contents("list.txt"))
        try site.write(Data(try signingHost.sign(list, with: fingerprint)), to: "sig.asc")
        let attached = try site.baigo("sign", "m.baimodel", "--attach", "sig.asc", "--json")
        expect(attached, endsWith: .done)
        #expect(try attached.json["warnings"]?.array?.map { $0["identifier"] } == ["signature.unknown-key"])
        #expect(try signers(site) == [fingerprint])
        // Once more by the same key: it takes the place of the first.
        try site.write(Data(try signingHost.sign(list, with: fingerprint)), to: "sig.asc")
        expect(try site.baigo("sign", "m.baimodel", "--attach", "sig.asc"), endsWith: .done)
        #expect(try signers(site) == [fingerprint])
        let signed = try site.contents("m.baimodel")
        let bad: [(String, [UInt8], String)] = [
            ("other list", try signingHost.sign(list + [0x0A], with: fingerprint), "signature.bad"),
            ("text", try signingHost.sign(list, with: fingerprint, options: ["--textmode"]), "signature.bad"),
            ("key", try signingHost.publicKey(fingerprint), "signature.malformed"),
            ("nothing", [], "signature.malformed"),
            ("cut", Array(try signingHost.sign(list, with: fingerprint).dropLast(60)), "signature.malformed"),
        ]
        for (what, bytes, identifier) in bad {
            try site.write(Data(bytes), to: "bad.asc")
            let result = try site.baigo("sign", "m.baimodel", "--attach", "bad.asc", "--json")
            expect(result, endsWith: .signature, identifier: identifier)
            #expect(try site.contents("m.baimodel") == signed, "\(what)")
        }
    }

    @Test func attachesNothingThatIsRefusedAnyway() throws {
        let ring = try KeyRing()
        let fingerprint = try ring.makeKey("Ada <ada@example.test>")
        let site = try Site(holding: "m.baimodel", gnupg: ring)
        expect(try site.baigo("sign", "m.baimodel", "--detached-request", "list.txt"), endsWith: .done)
        let list = Array(try site.contents("list.txt"))
        try site.write(
            Data(try ring.sign(list, with: fingerprint, options: ["--digest-algo", "SHA1"])), to: "weak.asc")
        expect(
            try site.baigo("sign", "m.baimodel", "--attach", "weak.asc", "--json"), endsWith: .signature,
            identifier: "signature.weak-digest")
        try site.write(Data(try ring.sign(list, with: fingerprint)), to: "good.asc")
        let known = try site.baigo("sign", "m.baimodel", "--attach", "good.asc", "--json")
        expect(known, endsWith: .done)
        #expect(try known.json["warnings"] == [])
    }

    @Test func signsFoldersButNoTarBundles() throws {
        let ring = try KeyRing()
        let fingerprint = try ring.makeKey("Ada <ada@example.test>")
        let site = try Site(holding: "m.baimodel", gnupg: ring)
        expect(
            try site.shell(
                """
                $BAIGO convert m.baimodel x/; $BAIGO convert m.baimodel m.tar.gz
                mkdir bare; cp '\(Site.model)' bare/model.gguf; cd bare; sha256sum model.gguf > SHA256SUMS
                """), endsWith: .done)
        expect(try site.baigo("sign", "x", "--key", fingerprint), endsWith: .done)
        expect(try site.tool("gpg", "--verify", "checksums.txt.asc", "checksums.txt", in: "x"), endsWith: .done)
        expect(try site.baigo("sign", "bare", "--key", fingerprint), endsWith: .done)
        expect(try site.tool("gpg", "--verify", "SHA256SUMS.asc", "SHA256SUMS", in: "bare"), endsWith: .done)
        try site.write(Data(try ring.publicKey(fingerprint)), to: "key.asc")
        expect(try site.baigo("trust", "add", "key.asc", "--fingerprint", fingerprint), endsWith: .done)
        for folder in ["x", "bare"] { expect(try site.baigo("verify", folder), endsWith: .done) }
        expect(
            try site.baigo("sign", "m.tar.gz", "--key", fingerprint, "--json"), endsWith: .usage, identifier: "usage")
        expect(try site.baigo("sign", "m.tar.gz", "--detached-request", "-"), endsWith: .done)
    }
}
