// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import BundleKit
internal import GRDB

/// The published index, which nobody changes any more: a newer one takes its name.
struct IndexSnapshot {
    /// A model as the index has it.
    struct Entry {
        /// The last change of the model's folder when it was read.
        let stamp: Int64
        /// The newest first.
        let versions: [StoredVersion]
    }

    /// Every model of the index by name.
    let entries: [String: Entry]

    /// Reads the whole index; `nil` where there is none or it is of no use.
    ///
    /// The file is opened as immutable, so that a user without write permission can, and nobody waits.
    init?(in root: Folder) {
        do {
            guard try root.status(of: StoreLayout.index)?.kind == .regular else { return nil }
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

    private static func entries(_ database: Database) throws -> [String: Entry] {
        var versions: [String: [StoredVersion]] = [:]
        var model: (text: String, name: PackageName, versions: [StoredVersion])?
        func close() {
            guard let model else { return }
            versions[model.text] = model.versions.sorted { $0.sequence > $1.sequence }
        }
        // In the order of the primary key, so that nothing is sorted but the versions of one model.
        let rows = try Row.fetchCursor(
            database,
            sql: """
                SELECT model, identity, version, content, active, importedAt, sequence, size, displayName, format,
                    architecture, quantization, license, parameters, contextLength, signature, trusted, pinned
                FROM version ORDER BY model
                """)
        while let row = try rows.next() {
            let text: String = row[0]
            if model?.text != text {
                close()
                model = (text, try PackageName(validating: text), [])
            }
            if let name = model?.name { model?.versions.append(try version(row, of: name)) }
        }
        close()
        var entries: [String: Entry] = [:]
        entries.reserveCapacity(versions.count)
        let models = try Row.fetchCursor(database, sql: "SELECT name, stamp FROM model")
        while let row = try models.next() {
            let name: String = row[0]
            entries[name] = Entry(stamp: row[1], versions: versions[name] ?? [])
        }
        return entries
    }

    private static func version(_ row: Row, of name: PackageName) throws -> StoredVersion {
        guard let identity = SHA256Digest(hex: row[1] as String), let content = SHA256Digest(hex: row[3] as String)
        else { throw StoreError(.index, "the index holds something that is no digest") }
        return StoredVersion(
            name: name, version: try PackageVersion(validating: row[2]),
            identity: identity, content: content, isActive: row[4], isPinned: row[17],
            importedAt: Timestamp(secondsSinceEpoch: row[5]), sequence: row[6], size: ByteCount(row[7] as Int64),
            summary: ModelSummary(
                displayName: row[8], format: row[9], architecture: row[10], quantization: row[11], license: row[12],
                parameters: row[13], contextLength: row[14]),
            signatureStatus: row[15], isTrusted: row[16])
    }
}
