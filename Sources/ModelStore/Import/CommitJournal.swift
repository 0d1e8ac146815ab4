// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import BundleKit

/// What an import is about to move among the blobs, kept beside its staged files: `staging/<identity>/commit.json`.
///
/// Whoever finds one after a crash knows which blobs may have come without a version that needs them.
struct CommitJournal: Equatable {
    let identity: SHA256Digest
    let digests: [SHA256Digest]

    /// Writes it down, synced.
    ///
    /// - Throws: `FileError`.
    func publish(in folder: Folder) throws(FileError) {
        let json: JSONValue = [
            "blobs": .array(digests.map { .string($0.hex) }), "identity": .string(identity.description),
            "schemaVersion": 1,
        ]
        try folder.publish(json.prettyBytes, as: StagingArea.commit)
    }
}

extension CommitJournal {
    /// Reads it; `nil` where nothing was moved yet.
    ///
    /// - Throws: `StoreError`, code `damaged`; `FileError`.
    init?(in folder: Folder) throws {
        guard try folder.status(of: StagingArea.commit) != nil else { return nil }
        let path = folder.path(of: StagingArea.commit)
        let json: JSONValue
        do {
            json = try JSONValue(strict: try folder.bytes(of: StagingArea.commit))
        } catch let error as JSONError {
            throw StoreError.damaged(path, "is not JSON: \(error.reason)", cause: error)
        }
        guard let identity = json["identity"]?.string.flatMap({ SHA256Digest(shown: $0) }),
            let blobs = json["blobs"]?.array
        else { throw StoreError.damaged(path, "has no identity or blobs") }
        self.identity = identity
        digests = blobs.compactMap { $0.string.flatMap { SHA256Digest(hex: $0) } }
    }
}
