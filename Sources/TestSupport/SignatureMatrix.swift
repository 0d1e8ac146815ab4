// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore

/// Every kind of signature, made by plain gpg on the fly, and what it is worth for every set of trusted keys, every
/// policy and every request on the command line.
package struct SignatureMatrix: Sendable {
    /// What a row is worth where its signers are trusted.
    package enum Verdict: Sendable, Equatable {
        case unsigned, unknown, valid
        /// Worth nothing, with this identifier, where a signature is required.
        case untrusted(String)
        /// Refused in any case.
        case refused(String)
        /// Refused in any case, whoever is trusted.
        case malformed
        /// The host's clock or the signer's is wrong.
        case clock
    }

    /// One signature file.
    package struct Row: Sendable, CustomStringConvertible {
        package let name: String
        package let verdict: Verdict
        /// The names of the keys that signed.
        package let signers: [String]
        /// The file; `nil` for none.
        package let signature: [UInt8]?

        package var description: String { name }
    }

    /// Whose keys are trusted.
    package enum Trusted: String, Sendable, CaseIterable { case nobody, signers, another }
    /// What the policy says.
    package enum Requirement: String, Sendable, CaseIterable { case auto, always, never }
    /// What the command line says.
    package enum Request: Sendable, CaseIterable { case nothing, requireSignature, allowUnsigned }

    /// What a command has to answer.
    package struct Answer: Sendable, Equatable {
        package let exitStatus: Int32
        /// Of the error, or of the warning where the package passes.
        package let identifier: String?
        package let isTrusted: Bool

        /// Takes an answer down.
        package init(exitStatus: Int32, identifier: String?, isTrusted: Bool) {
            self.exitStatus = exitStatus
            self.identifier = identifier
            self.isTrusted = isTrusted
        }
    }

    package let rows: [Row]
    /// Public keys by name, armored; `another` signed nothing.
    package let keys: [String: [UInt8]]
    /// Fingerprints of primary keys by name.
    package let fingerprints: [String: String]

    /// What a key is trusted for, where it is.
    package static func purpose(of key: String) -> String { key == "engineer" ? "engines" : "models" }

    /// The names of the keys that are trusted in a column.
    package func trustedKeys(_ row: Row, _ trusted: Trusted) -> [String] {
        switch trusted {
        case .nobody: []
        case .signers: row.signers.filter { $0 != "stranger" }
        case .another: ["another"]
        }
    }

    /// What is right for one cell.
    package func answer(_ row: Row, _ trusted: Trusted, _ requirement: Requirement, _ request: Request) -> Answer {
        let verdict: Verdict =
            switch row.verdict {
            case .unsigned, .malformed: row.verdict
            default: trusted == .signers ? row.verdict : .unknown
            }
        let isLatched = !trustedKeys(row, trusted).isEmpty
        let isRequired =
            switch requirement {
            case .auto: isLatched || request == .requireSignature
            case .always: true
            case .never: request == .requireSignature
            }
        func passing(_ identifier: String, isWaivable: Bool) -> Answer {
            let isWaived = isWaivable && request == .allowUnsigned && requirement != .always
            return Answer(exitStatus: isRequired && !isWaived ? 5 : 0, identifier: identifier, isTrusted: false)
        }
        switch verdict {
        case .unsigned: return passing("signature.missing", isWaivable: true)
        case .unknown: return passing("signature.unknown-key", isWaivable: true)
        case .untrusted(let identifier): return passing(identifier, isWaivable: false)
        case .valid: return Answer(exitStatus: 0, identifier: nil, isTrusted: true)
        case .refused(let identifier): return Answer(exitStatus: 5, identifier: identifier, isTrusted: false)
        case .malformed: return Answer(exitStatus: 5, identifier: "signature.malformed", isTrusted: false)
        case .clock: return Answer(exitStatus: 7, identifier: "environment.clock", isTrusted: false)
        }
    }
}

extension SignatureMatrix {
    private static let made = Timestamp(secondsSinceEpoch: 1_577_836_800)  // 2020-01-01
    private static let signed = Timestamp(secondsSinceEpoch: 1_590_969_600)  // 2020-06-01
    private static let afterExpiry = Timestamp(secondsSinceEpoch: 1_640_995_200)  // 2022-01-01
    private static let farFuture = Timestamp(secondsSinceEpoch: 4_102_444_800)  // 2100-01-01
    private static let expiry = "20210101T000000"

    /// Makes keys and signatures.
    ///
    /// - Parameter document: What is signed: a checksum list.
    /// - Throws: `KeyRingFailure`.
    package init(signing document: [UInt8]) throws {
        let ring = try KeyRing()
        var fingerprints: [String: String] = [:]
        func make(_ name: String, algorithm: String = "ed25519", usage: String = "sign", expires: String = "never")
            throws
        {
            fingerprints[name] = try ring.makeKey(
                "\(name) <\(name)@example.test>", algorithm: algorithm, usage: usage, expires: expires, at: Self.made)
        }
        for (name, algorithm) in [("ada", "ed25519"), ("rsa", "rsa2048"), ("ecdsa", "nistp256")] {
            try make(name, algorithm: algorithm)
        }
        for name in ["stranger", "revoked", "late", "engineer", "another"] { try make(name) }
        try make("expired", expires: Self.expiry)
        try make("certifier", usage: "cert")
        func key(_ name: String) throws -> String {
            guard let fingerprint = fingerprints[name] else { throw KeyRingFailure(what: "no key \(name)") }
            return fingerprint
        }
        let subkeys = try ["never", "never", Self.expiry].map { expires in
            try ring.addSigningSubkey(to: try key("certifier"), expires: expires, at: Self.made)
        }
        func sign(
            _ name: String, _ bytes: [UInt8]? = nil, _ options: [String] = [], at time: Timestamp = Self.signed
        ) throws -> [UInt8] {
            try ring.sign(bytes ?? document, with: try key(name), options: options, at: time)
        }
        func subkey(_ index: Int) throws -> [UInt8] {
            try ring.sign(document, with: subkeys[index] + "!", at: Self.signed)
        }
        let crlf = document.flatMap { $0 == 0x0A ? [0x0D, 0x0A] : [$0] }
        var rows = [
            Row(name: "unsigned", verdict: .unsigned, signers: ["ada"], signature: nil),
            Row(
                name: "malformed", verdict: .malformed, signers: ["ada"],
                signature: Array(try sign("ada").dropLast(40)) + [0x0A]),
        ]
        func add(_ name: String, _ verdict: Verdict, _ signer: String, _ signature: [UInt8]) {
            rows.append(Row(name: name, verdict: verdict, signers: [signer], signature: signature))
        }
        add("valid EdDSA", .valid, "ada", try sign("ada"))
        add("valid RSA", .valid, "rsa", try sign("rsa"))
        add("valid ECDSA", .valid, "ecdsa", try sign("ecdsa"))
        add("tampered checksums", .refused("signature.bad"), "ada", try sign("ada", document + [0x0A]))
        add("tampered signature", .refused("signature.bad"), "ada", Self.tampered(try sign("ada")))
        add("unknown key", .unknown, "stranger", try sign("stranger"))
        add("expired key, signed before", .untrusted("signature.expired-key"), "expired", try sign("expired"))
        add(
            "expired key, signed after", .untrusted("signature.expired-key"), "late",
            try sign("late", at: Self.afterExpiry))
        add("revoked key", .refused("signature.revoked-key"), "revoked", try sign("revoked"))
        add(
            "expired signature", .refused("signature.expired"), "ada",
            try sign("ada", nil, ["--default-sig-expire", "1d"]))
        add("weak digest", .refused("signature.weak-digest"), "ada", try sign("ada", nil, ["--digest-algo", "SHA1"]))
        add("not yet valid", .clock, "ada", try sign("ada", at: Self.farFuture))
        add("another purpose", .untrusted("signature.wrong-purpose"), "engineer", try sign("engineer"))
        add("subkey", .valid, "certifier", try subkey(0))
        add("revoked subkey", .refused("signature.revoked-key"), "certifier", try subkey(1))
        add("expired subkey", .untrusted("signature.expired-key"), "certifier", try subkey(2))
        add("tampered subkey signature", .refused("signature.bad"), "certifier", Self.tampered(try subkey(0)))
        add("text mode", .refused("signature.bad"), "ada", try sign("ada", nil, ["--textmode"]))
        add("text mode, other line ends", .refused("signature.bad"), "ada", try sign("ada", crlf, ["--textmode"]))
        rows += Self.pairs(of: rows, with: try sign("ecdsa"))
        self.rows = rows
        try ring.revoke(try key("revoked"))
        try ring.revokeSubkey(2, of: try key("certifier"), at: Self.afterExpiry)
        try ring.setExpiry(of: try key("late"), to: Self.expiry, at: Self.signed)
        keys = try fingerprints.mapValues { try ring.publicKey($0) }
        self.fingerprints = fingerprints
    }

    /// A valid signature together with one of each other verdict.
    private static func pairs(of rows: [Row], with valid: [UInt8]) -> [Row] {
        rows.compactMap { row in
            guard let signature = row.signature, row.verdict != .malformed, row.verdict != .valid else { return nil }
            let verdict: Verdict =
                switch row.verdict {
                case .unknown, .untrusted("signature.wrong-purpose"): .valid
                default: row.verdict
                }
            return Row(
                name: "valid and \(row.name)", verdict: verdict, signers: ["ecdsa"] + row.signers,
                signature: valid + signature)
        }
    }

    /// Changes a bit near the end, where the signature's numbers are.
    private static func tampered(_ armored: [UInt8]) -> [UInt8] {
        var lines = String(decoding: armored, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
            .map(String.init)
        guard let checksum = lines.firstIndex(where: { $0.hasPrefix("=") && $0.count == 5 }), checksum > 0 else {
            return armored
        }
        let last = lines[checksum - 1]
        lines[checksum - 1] = (last.first == "A" ? "B" : "A") + last.dropFirst()
        lines.remove(at: checksum)
        return Array(lines.joined(separator: "\n").utf8)
    }
}
