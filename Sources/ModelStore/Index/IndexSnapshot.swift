// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import BundleKit
internal import GRDB

/// The published index, which nobody changes any more: a newer one takes its name.
struct IndexSnapshot {
    /// A model as the index has it.
    struct Entry {
        let name: PackageName
        /// The last change of the model's folder when it was read.
        let stamp: Int64
        /// The newest first.
        fileprivate(set) var versions: [StoredVersion] = []
    }

    /// Every model of the index, in byte order of the names.
    let entries: [Entry]

    /// Reads the whole index; `nil` where there is none or it is of no use.
    ///
    /// The file is opened as immutable, so that a user without write permission can, and nobody waits.
    init?(in root: Folder) {
        do {
            guard try root.status(of: StoreLayout.index)?.kind == .regular,
                try IndexSeal.isWhole(root.file(reading: StoreLayout.index))
            else { return nil }
            var configuration = Configuration()
            configuration.readonly = true
            let queue = try DatabaseQueue(
                path: Self.address(root.path(of: StoreLayout.index)), configuration: configuration)
            entries = try queue.read(Self.entries)
            try queue.close()
        } catch {
            // Derived data that cannot be read is as good as none: the plain files are read instead.
            return nil
        }
    }

    private static func address(_ path: String) -> String {
        let plain = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-~".utf8)
        let escaped = path.utf8.map {
            plain.contains($0) ? String(UnicodeScalar($0)) : "%" + [$0].lowercaseHex
        }
        return "file:" + escaped.joined() + "?immutable=1"
    }

    private static func entries(_ database: Database) throws -> [Entry] {
        var entries: [Entry] = []
        var names: [String] = []
        let models = try Row.fetchCursor(database, sql: "SELECT name, stamp FROM model ORDER BY name")
        while let row = try models.next() {
            let name = try row.decode(String.self, atIndex: 0)
            names.append(name)
            entries.append(Entry(name: try PackageName(validating: name), stamp: try row.decode(atIndex: 1)))
        }
        // In the order of the primary key, as the models are, so that nothing is sorted or looked up.
        let rows = try Row.fetchCursor(
            database,
            sql: """
                SELECT model, identity, version, content, active, importedAt, sequence, size, displayName, format,
                    architecture, quantization, license, parameters, contextLength, signature, trusted, pinned
                FROM version ORDER BY model
                """)
        var model = 0
        while let row = try rows.next() {
            let name = try row.decode(String.self, atIndex: 0)
            while model < names.count, names[model] != name { model += 1 }
            guard model < names.count else { throw StoreError(.index, "the index has a version of no model") }
            entries[model].versions.append(try version(row, of: entries[model].name))
        }
        for model in entries.indices where entries[model].versions.count > 1 {
            entries[model].versions.sort { $0.sequence > $1.sequence }
        }
        return entries
    }

    private static func version(_ row: Row, of name: PackageName) throws -> StoredVersion {
        // SQLite holds nobody to the types of a table that he reads: what is not as it should be throws.
        guard let identity = SHA256Digest(hex: try row.decode(String.self, atIndex: 1)),
            let content = SHA256Digest(hex: try row.decode(String.self, atIndex: 3))
        else { throw StoreError(.index, "the index holds something that is no digest") }
        return StoredVersion(
            name: name, version: try PackageVersion(validating: row.decode(atIndex: 2)),
            identity: identity, content: content, isActive: try row.decode(atIndex: 4),
            isPinned: try row.decode(atIndex: 17),
            importedAt: Timestamp(secondsSinceEpoch: try row.decode(atIndex: 5)), sequence: try row.decode(atIndex: 6),
            size: ByteCount(try row.decode(Int64.self, atIndex: 7)),
            summary: ModelSummary(
                displayName: try row.decode(atIndex: 8), format: try row.decode(atIndex: 9),
                architecture: try row.decode(atIndex: 10), quantization: try row.decode(atIndex: 11),
                license: try row.decode(atIndex: 12), parameters: try row.decode(atIndex: 13),
                contextLength: try row.decode(atIndex: 14)),
            signatureStatus: try row.decode(atIndex: 15), isTrusted: try row.decode(atIndex: 16))
    }
}
