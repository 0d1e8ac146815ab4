// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import Foundation
import TestSupport
import Testing

/// Packages whose signing was interrupted, and files that only look as if.
struct InterruptedSigningTests {
    /// Saves the end of a package as `baigo sign` does: package, offset, journal.
    private static let journal = """
        import struct, hashlib, sys
        package = open(sys.argv[1], 'rb').read()
        offset = struct.unpack('<I', package[-6:-2])[0] if sys.argv[2] == 'directory' else int(sys.argv[2])
        saved = b'baigo-undo 1\\n' + struct.pack('<QQ', len(package), offset) + package[offset:]
        open(sys.argv[3], 'wb').write(saved + hashlib.sha256(saved).digest())
        if len(sys.argv) > 4:
            open(sys.argv[4], 'wb').write(package[:offset] + b'half of a signature')
        """

    private func site(_ ring: KeyRing? = nil) throws -> Site {
        let site = try Site(gnupg: ring)
        for (name, version) in [("m", "1"), ("evil", "2")] {
            expect(
                try site.baigo("export", Site.model, "-o", "\(name).baimodel", "--name", "tiny", "--version", version),
                endsWith: .done)
        }
        return site
    }

    private let reading = [
        ["verify"], ["inspect"], ["import", "--dry-run", "--yes"], ["sign", "--detached-request", "-"],
    ]

    @Test func commandsThatReadWriteNothing() throws {
        let ring = try KeyRing()
        let fingerprint = try ring.makeKey("Ada <ada@example.test>")
        let site = try site(ring)
        let whole = try site.contents("m.baimodel")
        expect(
            try site.tool(
                "python3", "-c", Self.journal, "m.baimodel", "directory", "half.baimodel.baigo-undo", "half.baimodel"),
            endsWith: .done)
        let before = try site.snapshot(".")
        for command in reading {
            let result = try site.baigo(command + ["half.baimodel"])
            expect(result, endsWith: .done)
            if command != reading.last {
                #expect((result.errorOutput + result.text).contains("half.baimodel was being signed"), "\(command)")
            }
            #expect(try site.snapshot(".") == before)
        }
        let signed = try site.baigo("sign", "half.baimodel", "--key", fingerprint)
        expect(signed, endsWith: .done)
        #expect(signed.errorOutput.contains("note: half.baimodel was being signed when that was interrupted"))
        #expect(!site.exists("half.baimodel.baigo-undo"))
        expect(try site.baigo("sign", "m.baimodel", "--key", fingerprint), endsWith: .done)
        #expect(try site.contents("m.baimodel").count == site.contents("half.baimodel").count)
        #expect(try site.contents("half.baimodel").prefix(whole.count / 2) == whole.prefix(whole.count / 2))
        let verified = try site.baigo("verify", "half.baimodel")
        expect(verified, endsWith: .done)
        #expect(!verified.errorOutput.contains("interrupted"))
    }

    @Test func anotherPackageInAJournalIsNeverTaken() throws {
        let site = try site()
        expect(
            try site.tool("python3", "-c", Self.journal, "evil.baimodel", "0", "m.baimodel.baigo-undo"),
            endsWith: .done)
        let before = try site.snapshot(".")
        for command in reading {
            let result = try site.baigo(command + ["m.baimodel"])
            expect(result, endsWith: .done)
            #expect(!result.text.contains("tiny:2"))
            #expect(try site.snapshot(".") == before)
        }
    }

    @Test(.enabled(if: geteuid() == 0, "only root can give a file away"))
    func aJournalOfAnotherUserIsNeverTaken() throws {
        let site = try site()
        // Even one that fits: the signatures that it brings back are not those that the owner left.
        let ring = try KeyRing()
        try site.write(Data(try ring.secretKey(try ring.makeKey("Ada <ada@example.test>"))), to: "key.asc")
        expect(
            try site.tool("python3", "-c", Self.journal, "m.baimodel", "directory", "m.baimodel.baigo-undo"),
            endsWith: .done)
        expect(try site.shell("cp m.baimodel.baigo-undo kept; chmod 600 key.asc"), endsWith: .done)
        expect(try site.baigo("sign", "m.baimodel", "--key-file", "key.asc"), endsWith: .done)
        expect(
            try site.shell("chmod 1777 .; mv kept m.baimodel.baigo-undo; chown 65534 m.baimodel.baigo-undo"),
            endsWith: .done)
        let before = try site.snapshot(".")
        for command in reading {
            let result = try site.baigo(command + ["m.baimodel"])
            expect(result, endsWith: .done)
            #expect(!result.errorOutput.contains("interrupted"))
            #expect(try site.snapshot(".") == before)
        }
        #expect(try site.baigo("inspect", "m.baimodel", "--json").json["signature"]?["signers"]?.array?.count == 1)
    }
}
