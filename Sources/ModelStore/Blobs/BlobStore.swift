// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import BundleKit

/// The contents of all packages, one read-only file per content: `blobs/sha256/ab/ab12…`.
struct BlobStore {
    private let folder: Folder

    /// Opens the `blobs` folder of a home, making `sha256` in it where it is missing.
    ///
    /// - Throws: `FileError`.
    init(in blobs: Folder) throws(FileError) {
        if try blobs.status(of: "sha256") == nil {
            _ = try blobs.folder(making: "sha256")
            try blobs.sync()
        }
        folder = try Self.contents(of: blobs)
    }

    /// Opens the `blobs` folder of a home without changing it; `nil` where there are no blobs yet.
    ///
    /// - Throws: `FileError`.
    init?(reading blobs: Folder) throws(FileError) {
        guard try blobs.status(of: "sha256") != nil else { return nil }
        folder = try Self.contents(of: blobs)
    }

    private static func contents(of blobs: Folder) throws(FileError) -> Folder {
        guard try blobs.status(of: "sha256")?.kind == .folder else {
            throw FileError(
                .wrongType, "\(blobs.path(of: "sha256").escapedForOneLine) is not a folder",
                hint: "Move it out of the store, then run baigo check --repair with the packages.")
        }
        return try blobs.folder("sha256")
    }

    /// Whether a blob of that content and size is there.
    ///
    /// - Throws: `FileError`.
    func holds(_ digest: SHA256Digest, size: Int64) throws(FileError) -> Bool {
        guard let part = try part(of: digest) else { return false }
        guard let status = try part.status(of: digest.hex) else { return false }
        return status.kind == .regular && status.size == size
    }

    /// Moves a verified and synced file into place; one of equal content that is there already stays.
    ///
    /// - Returns: Whether the blob is new.
    /// - Throws: `FileError`.
    func adopt(_ name: String, of staging: Folder, digest: SHA256Digest, size: Int64) throws(FileError) -> Bool {
        if try holds(digest, size: size) {
            try staging.removeFile(name)
            return false
        }
        let prefix = String(digest.hex.prefix(2))
        if try folder.status(of: prefix) == nil {
            _ = try folder.folder(making: prefix)
            try folder.sync()
        }
        let part = try folder.folder(prefix)
        try put(digest, from: name, of: staging, in: part)
        return true
    }

    /// Moves a blob, if it is there, back to where it was staged.
    ///
    /// - Throws: `FileError`.
    func release(_ digest: SHA256Digest, to staging: Folder) throws(FileError) {
        guard let part = try part(of: digest), try part.status(of: digest.hex) != nil else { return }
        try part.rename(digest.hex, to: digest.hex, in: staging)
        try part.sync()
    }

    /// Opens a blob.
    ///
    /// - Throws: `FileError`, code `notFound` where there is none.
    func open(_ digest: SHA256Digest) throws(FileError) -> OwnedDescriptor {
        try folder.folder(String(digest.hex.prefix(2))).file(reading: digest.hex)
    }

    /// The folder and the name of a blob, to give it a second name.
    ///
    /// - Throws: `FileError`, code `notFound` where its folder is missing.
    func place(of digest: SHA256Digest) throws(FileError) -> (folder: Folder, name: String) {
        (try folder.folder(String(digest.hex.prefix(2))), digest.hex)
    }

    /// Removes a blob, if it is there.
    ///
    /// - Returns: The bytes that were freed.
    /// - Throws: `FileError`.
    func remove(_ digest: SHA256Digest) throws(FileError) -> ByteCount {
        guard let part = try part(of: digest), let status = try part.status(of: digest.hex) else { return ByteCount(0) }
        try part.removeFile(digest.hex)
        return ByteCount(status.size)
    }

    /// What is under a blob's name; `nil` where nothing is.
    ///
    /// - Throws: `FileError`.
    func status(of digest: SHA256Digest) throws(FileError) -> FileStatus? {
        try part(of: digest)?.status(of: digest.hex)
    }

    /// Moves a verified and synced file over the blob of its digest, whatever that holds now.
    ///
    /// - Throws: `FileError`.
    func replace(_ digest: SHA256Digest, with name: String, of staging: Folder) throws(FileError) {
        let prefix = String(digest.hex.prefix(2))
        let part = try folder.folder(making: prefix)
        try folder.sync()
        try put(digest, from: name, of: staging, in: part)
    }

    private func put(_ digest: SHA256Digest, from name: String, of staging: Folder, in part: Folder) throws(FileError) {
        guard try part.status(of: digest.hex)?.kind != .folder else {
            throw FileError(
                .wrongType, "\(part.path(of: digest.hex).escapedForOneLine) is a folder, and a content belongs there",
                hint: "Let baigo check --quarantine move it aside.")
        }
        try staging.rename(name, to: digest.hex, in: part)
        try part.sync()
    }

    /// Every blob there is, and the paths of what has no business among them.
    ///
    /// - Throws: `FileError`.
    func contents() throws(FileError) -> (digests: [SHA256Digest], strays: [String]) {
        var digests: [SHA256Digest] = []
        var strays: [String] = []
        for prefix in try folder.names() {
            guard prefix.utf8.count == 2, try folder.status(of: prefix)?.kind == .folder else {
                strays.append(folder.path(of: prefix))
                continue
            }
            let part = try folder.folder(prefix)
            for name in try part.names() {
                if name.hasPrefix(prefix), let digest = SHA256Digest(hex: name) {
                    digests.append(digest)
                } else {
                    strays.append(part.path(of: name))
                }
            }
        }
        return (digests, strays)
    }

    /// Bytes of all blobs.
    ///
    /// - Throws: `FileError`.
    func totalBytes() throws(FileError) -> Int64 {
        var total: Int64 = 0
        for digest in try contents().digests { total = total.clampedAdding(try status(of: digest)?.size ?? 0) }
        return total
    }

    private func part(of digest: SHA256Digest) throws(FileError) -> Folder? {
        let prefix = String(digest.hex.prefix(2))
        return try folder.status(of: prefix) == nil ? nil : try folder.folder(prefix)
    }
}
