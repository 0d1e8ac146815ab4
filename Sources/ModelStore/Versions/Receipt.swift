// SPDX-License-Identifier: Apache-2.0

package import BaigoCore
package import BundleKit

/// The content of `receipt.json`: what was imported, when, from where, by whom, and what was found.
package struct Receipt: Sendable, Equatable {
    static let schemaVersion: Int64 = 1

    /// All members as they are written.
    package private(set) var json: [String: JSONValue]
    package let name: PackageName
    package let version: PackageVersion
    package let identity: SHA256Digest
    package let content: SHA256Digest
    package let importedAt: Timestamp
    /// Every file in `package/`.
    package private(set) var files: [StoredFile]
    /// The last line of the audit log when the receipt was written: the intent of the import.
    package let audit: AuditHead

    /// The path that was imported, or "standard input".
    package var source: String { json["from"]?.string ?? "" }
    /// The user who imported it, and the host.
    package var importedBy: String { json["by"]?.string ?? "" }
    /// The verdict on the signature at import.
    package var signature: JSONValue { json["signature"] ?? .null }
    package var signatureStatus: String { signature["status"]?.string ?? "none" }
    package var isTrusted: Bool { json["trusted"]?.bool ?? false }

    /// The signatures that counted as those of trusted keys when the package came in, or when they were added; also
    /// those of keys that had ended, where the policy accepted them.
    package var countedSigners: [SignatureReport.Signer] {
        guard isTrusted else { return [] }
        let signers = SignatureReport.signers(recorded: signature)
        let counted = signers.filter { $0.trusted || ($0.status == .expiredKey && $0.madeWhileValid == true) }
        return counted.isEmpty ? signers.filter { $0.status == .valid } : counted
    }
    package var size: ByteCount { ByteCount(files.map(\.size).clampedSum) }
}

extension Receipt {
    /// Writes a receipt down.
    init(
        of manifest: Manifest, identity: SHA256Digest, content: SHA256Digest, files: [StoredFile],
        evidence: ImportEvidence, from source: String, hasOwnChecksums: Bool, audit: AuditHead, at time: Timestamp,
        context: StoreContext
    ) {
        name = manifest.name
        version = manifest.version
        self.identity = identity
        self.content = content
        importedAt = time
        self.files = files
        self.audit = audit
        json = [
            "audit": audit.json,
            "by": .string("\(context.user)@\(context.host)"),
            "content": .string(content.description),
            "createdBy": .string(context.program),
            "files": .array(files.map(\.json)),
            "from": .string(source.escapedForOneLine),
            "identity": .string(identity.description),
            "importedAt": .string(time.description),
            "name": .string(manifest.name.description),
            "ownChecksums": .bool(hasOwnChecksums),
            "policy": evidence.policy,
            "schemaVersion": .integer(Self.schemaVersion),
            "signature": evidence.signature,
            "trusted": .bool(evidence.isTrusted),
            "version": .string(manifest.version.description),
            "warnings": .array(
                evidence.warnings.map {
                    ["identifier": .string($0.identifier), "message": .string($0.message.escapedForOneLine)]
                }),
        ]
    }

    /// Reads `receipt.json` of a version's folder.
    ///
    /// - Throws: `StoreError`, code `damaged` or `unsupportedSchema`; `FileError`.
    init(in folder: Folder) throws {
        let path = folder.path(of: StoreLayout.receipt)
        let json = try JSONValue.receipt(in: folder, schema: Self.schemaVersion, of: "model")
        func text(_ key: String) throws(StoreError) -> String {
            guard let text = json[key]?.string else { throw StoreError.damaged(path, "has no text \"\(key)\"") }
            return text
        }
        func digest(_ key: String) throws(StoreError) -> SHA256Digest {
            guard let digest = SHA256Digest(shown: try text(key)) else {
                throw StoreError.damaged(path, "has no digest \"\(key)\"")
            }
            return digest
        }
        guard let members = json.object, let importedAt = Timestamp(try text("importedAt")),
            let sequence = json["audit"]?["sequence"]?.integer,
            let head = json["audit"]?["sha256"]?.string.flatMap({ SHA256Digest(hex: $0) })
        else { throw StoreError.damaged(path, "has no time or audit head") }
        do {
            name = try PackageName(validating: try text("name"))
            version = try PackageVersion(validating: try text("version"))
        } catch let error as BundleError {
            throw StoreError.damaged(path, "has a bad name: \(error.message)", cause: error)
        }
        identity = try digest("identity")
        content = try digest("content")
        files = try StoredFile.list(json["files"], in: path)
        self.importedAt = importedAt
        audit = AuditHead(sequence: sequence, digest: head)
        self.json = members
    }

    /// The receipt after signatures came in with another copy of the package.
    func adding(
        signature file: StoredFile, evidence: ImportEvidence, from source: String, audit: AuditHead,
        at time: Timestamp, context: StoreContext
    ) -> Receipt {
        var copy = self
        copy.files.removeAll { $0.path == file.path }
        copy.files.append(file)
        copy.json["files"] = .array(copy.files.map(\.json))
        let addition: JSONValue = [
            "at": .string(time.description), "audit": audit.json, "by": .string("\(context.user)@\(context.host)"),
            "from": .string(source.escapedForOneLine), "signature": evidence.signature,
            "trusted": .bool(evidence.isTrusted),
        ]
        copy.json["addedSignatures"] = .array((json["addedSignatures"]?.array ?? []) + [addition])
        copy.json["signature"] = evidence.signature.keepingSigners(of: signature)
        copy.json["trusted"] = .bool(evidence.isTrusted)
        return copy
    }

    /// The written form.
    var bytes: [UInt8] { JSONValue.object(json).prettyBytes }
}

extension JSONValue {
    /// A verdict on signatures with those trusted signers of an earlier one that it does not name: theirs are kept
    /// beside the new ones.
    fileprivate func keepingSigners(of earlier: JSONValue) -> JSONValue {
        guard var members = object, let signers = self["signers"]?.array else { return self }
        let named = signers.map { $0["signingKey"] }
        let kept = (earlier["signers"]?.array ?? []).filter {
            $0["trusted"] == true && !named.contains($0["signingKey"])
        }
        members["signers"] = .array(kept + signers)
        return .object(members)
    }
}
