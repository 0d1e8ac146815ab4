// SPDX-License-Identifier: Apache-2.0

package import BaigoCore
internal import BundleKit
internal import SystemPackage

/// Everything that a store holds, for other tools: the same whoever writes it down, and when.
package struct Inventory: Sendable {
    static let schemaVersion: Int64 = 1

    /// A version with what its manifest and receipt say.
    struct Version: Sendable {
        let stored: StoredVersion
        let engine: JSONValue
        let signers: [JSONValue]
        let files: [StoredFile]
        /// The path that was imported.
        let source: String
    }

    let createdAt: Timestamp
    let createdBy: String
    let storeID: String
    /// The last line of the audit log.
    let audit: AuditHead
    /// By name, the newest version of each first.
    let versions: [Version]
    /// By id, the one that was imported last first.
    let engines: [StoredEngine]
    /// Versions that cannot be read and are not in here.
    package let warnings: [Warning]

    /// Number of versions.
    package var count: Int { versions.count }

    /// The inventory as JSON.
    package var json: JSONValue {
        let models = Dictionary(grouping: versions, by: \.stored.name).sorted {
            $0.key.description.precedesBytewise($1.key.description)
        }
        return [
            "audit": audit.json, "createdAt": .string(createdAt.description), "createdBy": .string(createdBy),
            "engines": .array(engines.map { .object($0.json) }), "kind": "index",
            "models": .array(
                models.map { name, versions in
                    ["name": .string(name.description), "versions": .array(versions.map(\.json))]
                }),
            "schemaVersion": .integer(Self.schemaVersion), "storeID": .string(storeID),
            "unreadable": .array(warnings.map { .string($0.message.escapedForOneLine) }),
        ]
    }
}

extension Inventory.Version {
    /// Name and version stand in no inner object twice.
    fileprivate var json: JSONValue {
        [
            "active": .bool(stored.isActive), "architecture": .text(stored.summary.architecture),
            "content": .string(stored.content.description), "contextLength": .number(stored.summary.contextLength),
            "displayName": .text(stored.summary.displayName), "engine": engine,
            "files": .array(files.map(\.json)), "format": .text(stored.summary.format), "from": .string(source),
            "identity": .string(stored.identity.description), "importedAt": .string(stored.importedAt.description),
            "license": .text(stored.summary.license), "parameters": .number(stored.summary.parameters),
            "pinned": .bool(stored.isPinned), "quantization": .text(stored.summary.quantization),
            "signature": .string(stored.signatureStatus), "signers": .array(signers),
            "size": .integer(stored.size.bytes), "trusted": .bool(stored.isTrusted),
            "version": .string(stored.version.description),
        ]
    }
}

extension ModelStore {
    /// Writes down what the store holds.
    ///
    /// - Parameters:
    ///   - createdAt: The time that the inventory carries.
    ///   - createdBy: The program that it names.
    /// - Returns: Every version that can be read.
    /// - Throws: `StoreError`, code `notAStore`, where there is no store; `FileError`; `CancellationError`.
    package func inventory(createdAt: Timestamp, createdBy: String) throws -> Inventory {
        guard let (root, identity) = try home.reading() else {
            throw StoreError(
                .notAStore, "there is no store in \(home.path.string.escapedForOneLine)", hint: "Check the path.")
        }
        let audit = try auditLog().head()
        let engines = try engines()
        guard let models = try home.folder(StoreLayout.models, in: root) else {
            return Inventory(
                createdAt: createdAt, createdBy: createdBy, storeID: identity.storeID, audit: audit, versions: [],
                engines: engines.engines, warnings: engines.warnings)
        }
        let catalog = Catalog(models: models, root: root)
        let (names, faults) = try catalog.readableNames()
        let readings = try Parallel.map(names, isCancellable: true) { name in
            var reading = try catalog.reading(of: name)
            var versions: [Inventory.Version] = []
            for stored in reading.versions {
                let found = try reading.noting {
                    try ModelFolder(name, in: models)?.read(stored.folderName) { folder in
                        Inventory.Version(
                            stored: stored, engine: try folder.manifest().json["engine"] ?? .null,
                            signers: folder.receipt.signature["signers"]?.array ?? [], files: folder.receipt.files,
                            source: folder.receipt.source)
                    }
                }
                if let found = found ?? nil { versions.append(found) }
            }
            return (versions: versions, warnings: reading.faults.map(\.asWarning))
        }
        return Inventory(
            createdAt: createdAt, createdBy: createdBy, storeID: identity.storeID, audit: audit,
            versions: readings.flatMap(\.versions), engines: engines.engines,
            warnings: faults.map(\.asWarning) + readings.flatMap(\.warnings) + engines.warnings)
    }
}
