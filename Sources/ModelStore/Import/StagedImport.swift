// SPDX-License-Identifier: Apache-2.0

package import BaigoCore
internal import BundleKit

/// Something in `staging/`: mostly what an interrupted import goes on with.
package struct StagedImport: Sendable, Equatable {
    /// Its name there: the package's identity, for an import.
    package let name: String
    /// The package, as the import that was interrupted noted it.
    package let model: String?
    /// Where that import read it.
    package let origin: String?
    /// Bytes of the files in it.
    package let size: ByteCount
    /// Since when nothing in it has changed.
    package let changedAt: Timestamp

    /// What to do about it.
    package var hint: String { "The same import goes on from there: \(size) are staged already." }

    /// Looks at what is there; `nil` where it is gone.
    ///
    /// - Throws: `FileError`.
    init?(_ name: String, in staging: Folder) throws {
        guard let status = try staging.status(of: name) else { return nil }
        var bytes = status.kind == .regular ? status.size : 0
        var latest = status.modifiedNanoseconds
        var note: JSONValue?
        do {
            if status.kind == .folder {
                let folder = try staging.folder(name)
                try Self.measure(folder, &bytes, &latest)
                note = try Self.note(in: folder)
            }
        } catch let error as FileError where error.code == .notFound {
            // Its import ended meanwhile.
            return nil
        }
        self.name = name
        model = note?["model"]?.string
        origin = note?["from"]?.string
        size = ByteCount(bytes)
        changedAt = Timestamp(secondsSinceEpoch: latest / 1_000_000_000)
    }

    /// Notes what is being imported, for people; nothing depends on it, so that it is not synced.
    ///
    /// - Throws: `FileError`.
    static func note(_ manifest: Manifest, from origin: String, in folder: Folder) throws(FileError) {
        let json: JSONValue = [
            "from": .string(origin), "model": .string("\(manifest.name):\(manifest.version)"), "schemaVersion": 1,
        ]
        if try folder.status(of: StagingArea.note) != nil { try folder.removeFile(StagingArea.note) }
        try folder.file(creating: StagingArea.note).writeAll(json.prettyBytes, at: 0)
    }

    /// The room that the staged contents of a package take already.
    ///
    /// - Throws: `FileError`.
    static func held(by identity: SHA256Digest, in staging: Folder) throws(FileError) -> [SHA256Digest: Int64] {
        var held: [SHA256Digest: Int64] = [:]
        do throws(FileError) {
            guard try staging.status(of: identity.hex)?.kind == .folder else { return [:] }
            let area = try staging.folder(identity.hex)
            guard try area.status(of: StagingArea.files)?.kind == .folder else { return [:] }
            let files = try area.folder(StagingArea.files)
            for name in try files.names() {
                guard let digest = SHA256Digest(hex: name), let status = try files.status(of: name),
                    status.kind == .regular
                else { continue }
                held[digest] = max(status.size, status.allocatedBytes)
            }
        } catch  where error.code == .notFound {
            // Its import ended meanwhile.
            return [:]
        }
        return held
    }

    private static func note(in folder: Folder) throws(FileError) -> JSONValue? {
        guard try folder.status(of: StagingArea.note)?.kind == .regular else { return nil }
        // Cut short by a crash, it says nothing.
        return try? JSONValue(strict: try folder.bytes(of: StagingArea.note, limit: 1 << 20))
    }

    private static func measure(_ folder: Folder, _ bytes: inout Int64, _ latest: inout Int64) throws {
        for name in try folder.names() {
            guard let status = try folder.status(of: name) else { continue }
            latest = max(latest, status.modifiedNanoseconds)
            if status.kind == .folder {
                try measure(folder.folder(name), &bytes, &latest)
            } else if status.linkCount == 1, name != StagingArea.note {
                bytes = bytes.clampedAdding(status.size)
            }
        }
    }
}

extension ModelStore {
    /// What interrupted imports have left in `staging/`, and what one under way has there now.
    ///
    /// - Throws: As `open(home:context:)`.
    package func stagedImports() throws -> [StagedImport] {
        guard let staging = try folder(StoreLayout.staging) else { return [] }
        return try staging.names().filter { SHA256Digest(hex: $0) != nil }
            .compactMap { try StagedImport($0, in: staging) }
    }
}
