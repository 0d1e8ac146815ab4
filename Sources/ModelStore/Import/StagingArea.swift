// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import BundleKit
internal import Glibc

/// Where the files of one import wait until everything is verified: `staging/<identity>/files/<digest>`.
///
/// What an interrupted import of the same package left there is gone on with.
final class StagingArea: PackageSink {
    static let files = "files"
    static let note = "import.json"
    static let version = "version"
    static let commit = "commit.json"
    let folder: Folder
    private let name: String
    private let outer: Folder
    private let contents: Folder
    private let blobs: BlobStore
    private var open: [String: OwnedDescriptor] = [:]
    private var begun: Set<SHA256Digest> = []
    /// Looks at blobs that hold what the package holds.
    private var checks: [SHA256Digest: BlobCheck] = [:]
    /// Contents whose blobs are not right, with what is wrong.
    private(set) var damaged: [SHA256Digest: ContentStatus] = [:]
    /// Files that were written, synced and found right, by digest; their sizes.
    private(set) var staged: [SHA256Digest: Int64] = [:]
    /// Paths of the files that were found right.
    private(set) var completed: Set<String> = []

    /// Opens the area of a package, making it where there is none.
    ///
    /// - Throws: `FileError`.
    init(for identity: SHA256Digest, in staging: Folder, blobs: BlobStore) throws(FileError) {
        name = identity.hex
        outer = staging
        folder = try staging.folder(making: name)
        contents = try folder.folder(making: Self.files)
        self.blobs = blobs
    }

    func destination(for file: PackageFile) throws -> OwnedDescriptor? {
        // Equal content is hashed from the medium, but kept once.
        guard begun.insert(file.sha256).inserted else { return nil }
        if try blobs.holds(file.sha256, size: file.size) {
            let (blobs, digest) = (blobs, file.sha256)
            checks[digest] = BlobCheck(
                ContentJob(digest: digest, size: file.size) { try blobs.open(digest) })
            return nil
        }
        try noteWrongSize(file.sha256)
        let destination = try kept(file.sha256.hex) ?? contents.file(creating: file.sha256.hex)
        open[file.path] = destination
        return destination
    }

    /// Notes a blob that is there and has not the size of its content.
    private func noteWrongSize(_ digest: SHA256Digest) throws(FileError) {
        guard damaged[digest] == nil, let status = try blobs.status(of: digest) else { return }
        damaged[digest] = .size(actual: status.size)
    }

    /// Where the blob of a content is not what its name says, the content comes from the package.
    func lateDestination(for file: PackageFile) throws -> OwnedDescriptor? {
        guard let status = try checks.removeValue(forKey: file.sha256)?.wait(), status != .ok else { return nil }
        damaged[file.sha256] = status
        let destination = try kept(file.sha256.hex) ?? contents.file(creating: file.sha256.hex)
        try destination.truncate(to: 0)
        open[file.path] = destination
        return destination
    }

    func keptBytes(of file: PackageFile, in destination: OwnedDescriptor) throws -> Int64 {
        let size = try destination.status().size
        guard size > 0 else { return 0 }
        let whole = size - size % Int64(DirectFile.alignment)
        var count = size == file.size ? size : size < file.size ? whole : 0
        do throws(FileError) {
            // What is still on its way to the medium is not there; what could not be written is not kept.
            if count > 0 { try destination.sync() }
        } catch {
            count = 0
        }
        if count != size { try destination.truncate(to: count) }
        return count
    }

    /// Opens a file that an interrupted import left; one that is not this store's alone is removed.
    private func kept(_ name: String) throws -> OwnedDescriptor? {
        guard let status = try contents.status(of: name) else { return nil }
        guard status.kind == .regular, status.linkCount == 1, status.owner == geteuid() else {
            try discard(name)
            return nil
        }
        let file = try contents.file(reading: name)
        guard fchmod(file.raw, 0o600) == 0 else { throw FileError(.lastError, while: "use", file.path) }
        return try contents.file(updating: name)
    }

    private func discard(_ name: String) throws {
        if try contents.status(of: name)?.kind == .folder {
            try contents.removeTree(name)
        } else {
            try contents.removeFile(name)
        }
    }

    func complete(_ file: PackageFile, digest: SHA256Digest) throws {
        guard digest == file.sha256 else { return }
        if let written = open.removeValue(forKey: file.path) {
            guard try written.status().size == file.size else { return }
            try seal(written, file.sha256.hex)
            staged[file.sha256] = file.size
        }
        completed.insert(file.path)
    }

    /// Stages bytes that are known already.
    ///
    /// - Returns: Their digest.
    /// - Throws: `FileError`; `BundleError` when OpenSSL fails.
    func add(_ bytes: [UInt8]) throws -> SHA256Digest {
        let digest = try SHA256Digest(of: bytes)
        let size = Int64(bytes.count)
        guard begun.insert(digest).inserted else { return digest }
        if try blobs.holds(digest, size: size) {
            let blobs = blobs
            let status = try BlobCheck(ContentJob(digest: digest, size: size) { try blobs.open(digest) }).wait()
            guard status != .ok else { return digest }
            damaged[digest] = status
        }
        try noteWrongSize(digest)
        if try contents.status(of: digest.hex) != nil { try discard(digest.hex) }
        let file = try contents.file(creating: digest.hex)
        try file.writeAll(bytes, at: 0)
        try seal(file, digest.hex)
        staged[digest] = size
        return digest
    }

    /// Opens content that was staged or was a blob before.
    ///
    /// - Throws: `FileError`.
    func content(_ digest: SHA256Digest) throws(FileError) -> OwnedDescriptor {
        staged[digest] != nil ? try contents.file(reading: digest.hex) : try blobs.open(digest)
    }

    /// The folder and the name of content, to give it a second name.
    ///
    /// - Throws: `FileError`.
    func place(of digest: SHA256Digest) throws(FileError) -> (folder: Folder, name: String) {
        staged[digest] != nil ? (contents, digest.hex) : try blobs.place(of: digest)
    }

    /// Moves everything that was staged among the blobs, in the place of damaged ones too.
    ///
    /// - Returns: The bytes of new blobs.
    /// - Throws: `FileError`.
    func publishBlobs() throws(FileError) -> ByteCount {
        try contents.sync()
        var written: Int64 = 0
        for (digest, size) in staged.sorted(by: { $0.key < $1.key }) {
            if damaged[digest] != nil {
                try blobs.replace(digest, with: digest.hex, of: contents)
                written += size
            } else if try blobs.adopt(digest.hex, of: contents, digest: digest, size: size) {
                written += size
            }
        }
        return ByteCount(written)
    }

    /// Removes the area with everything in it.
    ///
    /// - Throws: `FileError`.
    func remove() throws(FileError) {
        open = [:]
        try outer.removeTree(name)
        try outer.sync()
    }

    private func seal(_ file: OwnedDescriptor, _ name: String) throws(FileError) {
        guard fchmod(file.raw, 0o444) == 0 else { throw FileError(.lastError, while: "protect", file.path) }
        do throws(FileError) {
            try file.sync()
        } catch {
            // The system may take it for written all the same: nothing goes on from here.
            try? contents.removeFile(name)
            throw error
        }
    }
}
