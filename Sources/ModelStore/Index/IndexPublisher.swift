// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import BundleKit
internal import GRDB

/// Makes the next index beside the published one and gives it that one's name.
struct IndexPublisher {
    private static let draft = "index.sqlite"

    let root: Folder
    let staging: Folder
    let catalog: Catalog

    /// Publishes an index in which some models are read anew; all of them where there is no index to start from.
    ///
    /// - Throws: `FileError`, `DatabaseError`.
    func publish(changed: [PackageName]) throws {
        if IndexSnapshot(in: root) != nil {
            do {
                try publish {
                    try copy()
                } filling: { database in
                    for name in changed { try replace(name, in: database) }
                }
                return
            } catch is DatabaseError {
                // An index that takes no change is made anew.
            }
        }
        try rebuild()
    }

    /// Publishes an index of everything under `models/`.
    ///
    /// - Throws: `FileError`, `DatabaseError`.
    func rebuild() throws {
        try publish {
        } filling: { database in
            for name in try catalog.readableNames().names { try replace(name, in: database) }
        }
    }

    private func publish(preparing prepare: () throws -> Void, filling fill: (Database) throws -> Void) throws {
        for name in [Self.draft, Self.draft + "-journal"] where try staging.status(of: name) != nil {
            try staging.removeFile(name)
        }
        try prepare()
        var configuration = Configuration()
        configuration.foreignKeysEnabled = true
        configuration.prepareDatabase { database in
            // The draft is nobody's but ours until it is whole, synced and renamed.
            try database.execute(sql: "PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF")
        }
        let queue = try DatabaseQueue(path: staging.path(of: Self.draft), configuration: configuration)
        try IndexSchema.migrator.migrate(queue)
        try queue.write(fill)
        try queue.close()
        let draft = try staging.file(updating: Self.draft)
        try IndexSeal.apply(to: draft)
        try draft.grant(root.readers, folder: false)
        try draft.sync()
        try staging.rename(Self.draft, to: StoreLayout.index, in: root)
        try root.sync()
    }

    private func copy() throws {
        let source = try root.file(reading: StoreLayout.index)
        let target = try staging.file(creating: Self.draft)
        var fileOffset: Int64 = 0
        while true {
            let bytes = try source.bytes(at: fileOffset, count: 1 << 20)
            if bytes.isEmpty { return }
            try target.writeAll(bytes, at: fileOffset)
            fileOffset += Int64(bytes.count)
        }
    }

    private func replace(_ name: PackageName, in database: Database) throws {
        try database.execute(sql: "DELETE FROM model WHERE name = ?", arguments: [name.description])
        // A model that cannot be read is not in the index: whoever lists looks at its folder.
        guard let model = try? ModelFolder(name, in: catalog.models) else { return }
        let stamp = try model.folder.status().modifiedNanoseconds
        let reading = try catalog.reading(of: name)
        try database.execute(
            sql: "INSERT INTO model (name, stamp) VALUES (?, ?)",
            arguments: [name.description, reading.faults.isEmpty ? stamp : -1])
        for version in reading.versions {
            try insert(version, in: database)
            guard let found = try VersionFolder(version.folderName, in: model) else { continue }
            for file in found.receipt.files {
                try database.execute(
                    sql: "INSERT INTO file (model, identity, path, role, sha256, size) VALUES (?, ?, ?, ?, ?, ?)",
                    arguments: [
                        name.description, version.identity.hex, file.path, file.roleName, file.sha256.hex, file.size,
                    ])
            }
        }
    }

    private func insert(_ version: StoredVersion, in database: Database) throws {
        try database.execute(
            sql: """
                INSERT INTO version (model, identity, version, content, active, importedAt, sequence, size,
                    displayName, format, architecture, quantization, license, parameters, contextLength, signature,
                    trusted, pinned)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                version.name.description, version.identity.hex, version.version.description, version.content.hex,
                version.isActive, version.importedAt.secondsSinceEpoch, version.sequence, version.size.bytes,
                version.summary.displayName, version.summary.format, version.summary.architecture,
                version.summary.quantization, version.summary.license, version.summary.parameters,
                version.summary.contextLength, version.signatureStatus, version.isTrusted, version.isPinned,
            ])
    }
}

extension WritingHome {
    /// Brings the index up to date; a failure harms nothing, since readers then read the plain files.
    ///
    /// - Returns: What went wrong, to be shown as a warning.
    func publishIndex(changed: [PackageName]) -> StoreError? {
        publishing { try $0.publish(changed: changed) }
    }

    /// Makes the index anew.
    ///
    /// - Returns: What went wrong.
    func rebuildIndex() -> StoreError? {
        publishing { try $0.rebuild() }
    }

    private func publishing(_ body: (IndexPublisher) throws -> Void) -> StoreError? {
        StoreError.ofIndex { try body(IndexPublisher(root: root, staging: staging, catalog: catalog)) }
    }
}

extension StoreError {
    /// Makes an index; what goes wrong is no more than a warning.
    static func ofIndex(_ body: () throws -> Void) -> StoreError? {
        do {
            try body()
            return nil
        } catch {
            let reason = (error as? any PresentableError)?.message ?? String(describing: error)
            return StoreError(
                .index, "the index could not be brought up to date: \(reason.escapedForOneLine)",
                hint: "Lists are slower until the next change of the store.", cause: error)
        }
    }
}
