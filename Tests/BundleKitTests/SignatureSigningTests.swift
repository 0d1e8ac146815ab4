// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import Foundation
import TestSupport
import Testing

@testable import BundleKit

@Suite struct SignatureSigningTests {
    private let ring: KeyRing
    private let document = Array("the list\r\nwith two lines\n".utf8)

    init() throws {
        ring = try KeyRing()
    }

    private func sign(_ key: String) throws -> DetachedSignature {
        try DetachedSigner.sign(document, with: try .find(key, in: .home(ring.home, patience: .seconds(60))))
    }

    private func failure(_ key: String) -> BundleError? {
        do {
            _ = try sign(key)
            return nil
        } catch {
            return error as? BundleError
        }
    }

    @Test func signsSoThatGPGVerifiesIt() throws {
        let fingerprint = try ring.makeKey("Ada <ada@example.test>")
        for key in [fingerprint, "ADA@example.test", String(fingerprint.suffix(16)).lowercased()] {
            let signature = try sign(key)
            #expect(signature.fingerprint == fingerprint)
            #expect(try ring.verifies(signature.armored, over: document, by: [fingerprint]))
            let packet = try #require(try SignatureFile(reading: signature.armored).packets.first)
            #expect(packet.type == 0)
            #expect(packet.digest?.isWeak == false)
        }
    }

    @Test func signsWithASubkeyAndNamesThePrimaryKey() throws {
        let primary = try ring.makeKey("Ada <ada@example.test>", usage: "cert")
        let subkey = try ring.addSigningSubkey(to: primary)
        let signature = try sign(primary)
        #expect(signature.fingerprint == primary)
        #expect(try SignatureFile(reading: signature.armored).packets.first?.issuer == subkey)
        #expect(try sign(subkey).fingerprint == primary)
        #expect(try ring.verifies(signature.armored, over: document, by: [primary]))
    }

    @Test func asksWhichKeyWhereAnAddressFitsTwo() throws {
        let first = try ring.makeKey("Ada <team@example.test>")
        let second = try ring.makeKey("Bob <team@example.test>")
        let error = try #require(failure("team@example.test"))
        #expect(error.code == .keyAmbiguous)
        #expect(error.exitStatus == .usage)
        #expect(error.message.contains(first) && error.message.contains(second))
        try ring.revoke(second)
        #expect(try sign("team@example.test").fingerprint == first)
    }

    @Test func saysWhyAKeyCannotSign() throws {
        let fingerprint = try ring.makeKey(
            "Ada <ada@example.test>", expires: "20210101T000000", at: SignatureSamples.made)
        let expired = try #require(failure("ada@example.test"))
        #expect(expired.code == .keyUnusable)
        #expect(expired.message.contains("2021-01-01T00:00:00Z"))
        try ring.revoke(fingerprint)
        #expect(failure(fingerprint)?.message.contains("revoked") == true)
        #expect(failure("nobody@example.test")?.code == .keyNotFound)
        #expect(failure("nobody@example.test")?.exitStatus == .notFound)
        #expect(failure(String(repeating: "0", count: 40))?.code == .keyNotFound)
        #expect(failure("Ada")?.code == .invalidRequest)
        let stranger = try KeyRing()
        let public1 = try stranger.makeKey("Eve <eve@example.test>")
        try ring.importKeys(try stranger.publicKey(public1))
        #expect(failure(public1)?.code == .keyNotFound)
    }

    @Test func passesOnWhyTheAgentDidNotSign() throws {
        let fingerprint = try ring.makeKey("Ada <ada@example.test>", passphrase: "secret")
        try ring.endAgent()
        let error = try #require(failure(fingerprint))
        #expect(error.code == .passphraseNeeded)
        #expect(error.exitStatus == .environment)
        #expect(error.message.contains(fingerprint))
        #expect(error.hint?.contains("--passphrase-file") == true)
    }

    @Test func letsThePersonsPinentryAskForThePassphrase() throws {
        let fingerprint = try ring.makeKey("Ada <ada@example.test>", passphrase: "secret")
        let answering = """
            #!/bin/sh
            echo OK
            while read -r command rest; do
                echo "$command" >> '\(ring.home)/asked'
                [ "$command" != GETPIN ] || echo "D secret"
                echo OK
                [ "$command" != BYE ] || exit 0
            done
            """
        try Data(answering.utf8).write(to: URL(fileURLWithPath: ring.home + "/pinentry"))
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: ring.home + "/pinentry")
        try ring.configureAgent("pinentry-program \(ring.home)/pinentry\n")
        try ring.endAgent()
        let signature = try sign(fingerprint)
        #expect(try ring.verifies(signature.armored, over: document, by: [fingerprint]))
        let asked = try String(contentsOfFile: ring.home + "/asked", encoding: .utf8)
        #expect(asked.contains("GETPIN"))
    }

    @Test func waitsNoLongerThanAllowedForAPassphrase() throws {
        let fingerprint = try ring.makeKey("Ada <ada@example.test>", passphrase: "secret")
        let answering = "#!/bin/sh\necho OK\nexec sleep 600\n"
        try Data(answering.utf8).write(to: URL(fileURLWithPath: ring.home + "/pinentry"))
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: ring.home + "/pinentry")
        try ring.configureAgent("pinentry-program \(ring.home)/pinentry\n")
        try ring.endAgent()
        let key = try SigningKey.find(fingerprint, in: .home(ring.home, patience: .milliseconds(500)))
        let clock = ContinuousClock()
        let start = clock.now
        let error = #expect(throws: BundleError.self) { try DetachedSigner.sign(document, with: key) }
        #expect(error?.code == .passphraseNeeded)
        #expect(clock.now - start < .seconds(30))
    }

    @Test(arguments: ["ed25519", "rsa2048", "nistp256"])
    func signsWithASecretKeyFromAFile(_ algorithm: String) throws {
        let fingerprint = try ring.makeKey("Ada <ada@example.test>", algorithm: algorithm)
        let home: String
        do {
            let secrets = try GPGSecretRing(try ring.secretKey(fingerprint), passphrase: nil)
            home = secrets.path
            let signature = try DetachedSigner.sign(document, with: try .find(nil, in: .file(secrets)))
            #expect(signature.fingerprint == fingerprint)
            #expect(try ring.verifies(signature.armored, over: document, by: [fingerprint]))
            #expect(FileManager.default.fileExists(atPath: home + "/S.gpg-agent"))
        }
        #expect(!FileManager.default.fileExists(atPath: home))
    }

    @Test func unlocksAKeyFileWithItsPassphraseOnly() throws {
        let fingerprint = try ring.makeKey("Ada <ada@example.test>", passphrase: "open sesame")
        let secret = try ring.gpg(["--passphrase", "open sesame", "--armor", "--export-secret-keys", fingerprint])
        func sign(_ passphrase: String?) throws -> DetachedSignature {
            let secrets = try GPGSecretRing(secret, passphrase: passphrase.map { Array($0.utf8) })
            return try DetachedSigner.sign(document, with: try .find(fingerprint, in: .file(secrets)))
        }
        #expect(try sign("open sesame").fingerprint == fingerprint)
        for wrong in ["open barley", nil] {
            let error = #expect(throws: BundleError.self) { try sign(wrong) }
            #expect(error?.code == .passphraseNeeded)
        }
    }

    @Test func refusesAFileWithoutSecretKey() throws {
        let fingerprint = try ring.makeKey("Ada <ada@example.test>")
        for bytes in [try ring.publicKey(fingerprint), Array("hello".utf8), []] {
            let error = #expect(throws: BundleError.self) { try GPGSecretRing(bytes, passphrase: nil) }
            #expect(error?.code == .keyMalformed)
        }
    }

    @Test(arguments: ["digest-algo SHA1\n", "digest-algo RIPEMD160\n"])
    func refusesAWeakDigestOfTheUsersConfiguration(_ lines: String) throws {
        let fingerprint = try ring.makeKey("Ada <ada@example.test>", algorithm: "rsa2048")
        try ring.configure(lines)
        #expect(failure(fingerprint)?.code == .signingFailed)
    }

    @Test func ignoresTextModeAndOtherSignersOfTheConfiguration() throws {
        let fingerprint = try ring.makeKey("Ada <ada@example.test>")
        let other = try ring.makeKey("Bob <bob@example.test>")
        try ring.configure("textmode\ncomment hello\nlocal-user \(other)\n")
        do {
            let signature = try sign(fingerprint)
            let packets = try SignatureFile(reading: signature.armored).packets
            #expect(packets.map(\.type) == [0])
            #expect(packets.first?.names(fingerprint) == true)
            #expect(!String(decoding: signature.armored, as: UTF8.self).contains("hello"))
        } catch let error as BundleError {
            #expect(error.code == .signingFailed)
        }
    }

    @Test func addsAndReplacesSignatures() throws {
        let ada = try ring.makeKey("Ada <ada@example.test>", usage: "cert")
        _ = try ring.addSigningSubkey(to: ada)
        let bob = try ring.makeKey("Bob <bob@example.test>", algorithm: "rsa2048")
        let first = try DetachedSigner.merging(existing: nil, new: try sign(ada))
        let plain = try ring.sign(document, with: bob, options: ["--digest-algo", "SHA256"])
        let bobsPacket = try #require(try SignatureFile(reading: plain).packets.first?.raw)
        _ = try ring.addSigningSubkey(to: ada)
        let third = try sign(ada)
        let merged = try DetachedSigner.merging(existing: first + plain, new: third)
        let packets = try SignatureFile(reading: merged).packets.map(\.raw)
        #expect(packets == [bobsPacket, try SignatureFile(reading: third.armored).packets[0].raw])
        #expect(try ring.verifies(merged, over: document, by: [ada, bob]))
        #expect(try ring.verifies(first + plain, over: document, by: [ada, bob]))
        #expect(String(decoding: merged, as: UTF8.self).components("BEGIN PGP SIGNATURE") == 1)
    }

    @Test func keepsAFileItCannotRead() throws {
        let signature = try sign(try ring.makeKey("Ada <ada@example.test>"))
        #expect(throws: BundleError.self) {
            _ = try DetachedSigner.merging(existing: Array("junk".utf8), new: signature)
        }
    }
}

extension String {
    fileprivate func components(_ needle: String) -> Int { ranges(of: needle).count }
}
