// SPDX-License-Identifier: Apache-2.0

package import BaigoCore
package import BundleKit

/// The content of an engine's `receipt.json`: what was imported, when, from where, by whom, and why it was let in.
package struct EngineReceipt: Sendable {
    static let schemaVersion: Int64 = 1

    /// All members as they are written.
    package let json: [String: JSONValue]
    package let id: String
    package let version: String
    package let target: EngineTarget
    /// The digest of the pack's file.
    package let digest: SHA256Digest
    package let importedAt: Timestamp
    /// Every file in `package/`.
    package let files: [StoredFile]
    /// The last line of the audit log when the receipt was written: the intent of the import.
    package let audit: AuditHead

    /// The name of the engine's folder in that of its id.
    var folderName: String { "\(version)-\(target.build)" }
    /// The path that was imported.
    package var source: String { json["from"]?.string ?? "" }
    /// The user who imported it, and the host.
    package var importedBy: String { json["by"]?.string ?? "" }
    /// The verdict on signatures and named digest at import.
    package var signature: JSONValue { json["signature"] ?? .null }
    package var isTrusted: Bool { json["trusted"]?.bool ?? false }
    /// Bytes of all files.
    package var size: ByteCount { ByteCount(files.map(\.size).clampedSum) }
    /// Whether baigo's own worker is in it.
    package var hasWorker: Bool { files.contains { $0.path == EngineManifest.workerName } }
    /// Whether the server of llama.cpp is in it.
    package var hasServer: Bool { files.contains { $0.path == EngineManifest.serverName } }
    /// The commit of ggml that the pack says it was built from.
    package var ggmlCommit: String? { json["ggmlCommit"]?.string }
    package var llamaVersion: String? { json["llamaVersion"]?.string }
    /// The C library that it is known to run with.
    package var libraryVersion: String? { json["glibc"]?.string }

    /// Writes a receipt down.
    init(
        of pack: EnginePack, _ verdict: EngineVerdict, from source: String, audit: AuditHead, at time: Timestamp,
        context: StoreContext
    ) {
        id = pack.manifest.id
        version = pack.manifest.version.description
        target = pack.manifest.target
        digest = pack.digest
        importedAt = time
        files = pack.files.map { file in
            StoredFile(
                path: file.path, roleName: file.isProgram ? "program" : "file", sha256: file.sha256, size: file.size)
        }
        self.audit = audit
        json = [
            "accelerator": .string(target.accelerator), "arch": .string(target.architecture), "audit": audit.json,
            "by": .string("\(context.user)@\(context.host)"), "createdBy": .string(context.program),
            "digest": .string(digest.description), "files": .array(files.map(\.json)),
            "from": .string(source.escapedForOneLine), "ggmlCommit": .text(pack.manifest.ggmlCommit),
            "glibc": .text(pack.manifest.libraryVersion), "id": .string(id),
            "importedAt": .string(time.description), "llamaVersion": .text(pack.manifest.llamaVersion),
            "os": .string(target.os), "schemaVersion": .integer(Self.schemaVersion), "signature": verdict.json,
            "trusted": .bool(verdict.isTrusted), "variant": .text(target.variant), "version": .string(version),
            "warnings": .array(
                verdict.warnings.map {
                    ["identifier": .string($0.identifier), "message": .string($0.message.escapedForOneLine)]
                }),
        ]
    }

    /// Reads `receipt.json` of an engine's folder.
    ///
    /// - Throws: `StoreError`, code `damaged` or `unsupportedSchema`; `FileError`.
    init(in folder: Folder) throws {
        let path = folder.path(of: StoreLayout.receipt)
        let json = try JSONValue.receipt(in: folder, schema: Self.schemaVersion, of: "engine")
        guard let members = json.object, let id = json["id"]?.string, let version = json["version"]?.string,
            let os = json["os"]?.string, let architecture = json["arch"]?.string,
            let accelerator = json["accelerator"]?.string,
            let digest = json["digest"]?.string.flatMap({ SHA256Digest(shown: $0) }),
            let importedAt = json["importedAt"]?.string.flatMap({ Timestamp($0) }),
            let sequence = json["audit"]?["sequence"]?.integer,
            let head = json["audit"]?["sha256"]?.string.flatMap({ SHA256Digest(hex: $0) })
        else { throw StoreError.damagedEngine(path, "is not the receipt of an engine") }
        files = try StoredFile.list(json["files"], in: path)
        self.json = members
        self.id = id
        self.version = version
        target = EngineTarget(
            os: os, architecture: architecture, accelerator: accelerator, variant: json["variant"]?.string)
        self.digest = digest
        self.importedAt = importedAt
        audit = AuditHead(sequence: sequence, digest: head)
    }

    var bytes: [UInt8] { JSONValue.object(json).prettyBytes }
}
