// SPDX-License-Identifier: Apache-2.0

package import BaigoCore
package import SystemPackage

/// Keys and policy for other hosts in one signed file: a package whose `kind` is `trust`.
///
/// Source: `docs/package-format.md`, section "Trust bundles".
package struct TrustBundle: Sendable {
    /// A key and what it may sign on the hosts that take it.
    package struct Entry: Sendable {
        package let block: PublicKeyBlock
        package let purposes: Set<KeyPurpose>
        package let userIDs: [String]
    }

    static let kind = "trust"
    static let policyName = "policy.toml"
    private static let keyLimit = 1024
    private static let policyLimit: Int64 = 1 << 20

    /// Grows from bundle to bundle.
    package let serial: Int64
    /// The digest of the checksum list, which the signature is over.
    package let identity: SHA256Digest
    package let keys: [Entry]
    /// The text of `policy.toml`; `nil` for a bundle that leaves the policy alone.
    package let policy: [UInt8]?
    /// The signed list.
    package let checksums: [UInt8]
    package let signature: [UInt8]?

    /// Opens a bundle and reads all of it; nothing is said of its signature.
    ///
    /// - Throws: `BundleError` by the rule of packages that is broken, `unsupported` for a package of another kind,
    ///   `trustMalformed`, `keyMalformed`, `digestMismatch`; `FileError`.
    package init(reading path: FilePath) throws {
        let file = try OwnedDescriptor.open(reading: path)
        var opening = PackageOpening()
        opening.kind = Self.kind
        let reader = try PackageReader.open(file: file, source: path.string, opening)
        guard reader.hasOwnChecksums, !reader.manifest.isForeign, case .archive(let archive) = reader.body else {
            throw Self.malformed("it has no checksums.txt")
        }
        func bytes(of file: PackageFile, limit: Int64) throws -> [UInt8] {
            guard let bytes = try archive.bytes(of: file.path, limit: limit),
                try SHA256Digest(of: bytes) == file.sha256
            else {
                throw BundleError(
                    .digestMismatch, "checksum verification failed: \(file.path.escapedForOneLine) is not as listed",
                    hint: "Do not use this copy; get it again from its source.")
            }
            return bytes
        }
        guard let serial = reader.manifest.json["serial"]?.integer, serial > 0,
            let listed = reader.manifest.json["keys"]?.array, listed.count <= Self.keyLimit
        else { throw Self.malformed("its manifest has no serial, or no keys") }
        var files = Dictionary(reader.files.map { ($0.path, $0) }, uniquingKeysWith: { first, _ in first })
        files[PackageEntryName.manifest] = nil
        var keys: [Entry] = []
        for entry in listed {
            guard let fingerprint = entry["fingerprint"]?.string,
                let purposes = entry["purposes"]?.array?.map({ $0.string.flatMap(KeyPurpose.init(rawValue:)) }),
                !purposes.isEmpty, !purposes.contains(nil), let userIDs = entry["userIDs"]?.array?.compactMap(\.string),
                let file = files.removeValue(forKey: Self.name(of: fingerprint))
            else { throw Self.malformed("a key of its manifest is incomplete or not there") }
            let block = try PublicKeyBlock(reading: try bytes(of: file, limit: Int64(PublicKeyBlock.byteLimit)))
            guard block.fingerprint == fingerprint else { throw Self.malformed("\(file.path) is another key") }
            keys.append(
                Entry(
                    block: block, purposes: Set(purposes.compactMap(\.self)),
                    userIDs: userIDs.map(\.escapedForOneLine)))
        }
        policy = try files.removeValue(forKey: Self.policyName).map { try bytes(of: $0, limit: Self.policyLimit) }
        if let stray = files.keys.min() { throw Self.malformed("it holds \(stray.escapedForOneLine)") }
        self.serial = serial
        self.keys = keys
        identity = reader.identity
        checksums = reader.checksumsBytes
        signature = reader.signature
    }

    /// Whether the bundle is signed by a key that is trusted for this.
    ///
    /// - Returns: What is known of the signers.
    /// - Throws: `BundleError` with a code of signatures, whatever a policy says; `environment.clock` for one of the
    ///   future.
    package func authorize(by keys: [TrustedKey], now: Timestamp) throws -> SignatureReport {
        let report = try SignatureVerifier.verify(
            signature: signature, over: checksums, keys: keys, kind: Self.kind, now: now)
        let strict = SignaturePolicy(requirement: .always)
        switch strict.decide(report, isLatched: true, request: .requireSignature) {
        case .accept: return report
        case .acceptByLeave: throw BundleError.refusal(report)
        case .refuse(let error): throw error
        }
    }

    static func name(of fingerprint: String) -> String { "keys/\(fingerprint).asc" }

    private static func malformed(_ reason: String) -> BundleError {
        BundleError(
            .trustMalformed, "the trust bundle cannot be used: \(reason)",
            hint: "Ask its maker for another one: baigo trust bundle.")
    }
}

extension TrustBundle {
    /// Writes a bundle.
    ///
    /// - Parameters:
    ///   - keys: All keys that hosts are to have from bundles.
    ///   - policy: The text of `policy.toml`, if hosts are to have it.
    ///   - serial: A number greater than that of any bundle before.
    ///   - target: The file.
    ///   - time: When it is made.
    ///   - maker: By which program.
    ///   - signing: Signs the list.
    /// - Returns: What was written.
    /// - Throws: As `PackageWriter.write`.
    package static func write(
        _ keys: [TrustedKey], policy: [UInt8]?, serial: Int64, to target: PackageTarget, at time: Timestamp,
        by maker: String, signing: @escaping PackageWriter.Signing
    ) throws -> WrittenPackage {
        let place = try GPGHome()
        var files: [PlannedFile] = []
        func plan(_ bytes: [UInt8], _ name: String, as path: String) throws {
            try place.folder.file(creating: name).writeAll(bytes, at: 0)
            files.append(
                PlannedFile(
                    path: path, role: .other, source: FilePath(place.path).appending(name), size: Int64(bytes.count)))
        }
        for key in keys { try plan(key.armored, key.fingerprint, as: name(of: key.fingerprint)) }
        if let policy { try plan(policy, policyName, as: policyName) }
        let members: [String: JSONValue] = [
            "createdAt": .string(time.description), "createdBy": .string(maker), "kind": .string(kind),
            "keys": .array(
                keys.map {
                    [
                        "fingerprint": .string($0.fingerprint),
                        "purposes": .array($0.purposes.sorted().map { .string($0.rawValue) }),
                        "userIDs": .array($0.userIDs.map(JSONValue.string)),
                    ]
                }),
            "serial": .integer(serial),
        ]
        let draft = ManifestDraft(
            name: try PackageName(validating: kind), version: try PackageVersion(validating: String(serial)),
            members: members)
        let input = try PlannedInput(PackagePlan(manifest: draft, files: files, metadata: nil))
        guard case .file(let path, let isReplacing, let readBack) = target else {
            throw BundleError(.invalidRequest, "a trust bundle is written to a file", hint: "Name a file with -o.")
        }
        return try withExtendedLifetime(place) {
            try FileJob(input: input, signing: signing, progress: SilentProgress())
                .run(path, replacing: isReplacing, readBack: readBack)
        }
    }
}
