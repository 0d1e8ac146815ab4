// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import BundleKit
internal import Glibc
internal import Synchronization

/// Where contents wait that were taken again: `staging/repair/<digest>`.
final class RepairArea: PackageSink, Sendable {
    static let name = "repair"
    private static let draft = "candidate"

    private struct State {
        /// Bytes of what is still looked for.
        var wanted: [SHA256Digest: Int64]
        var open: [SHA256Digest: OwnedDescriptor] = [:]
        var taken: [SHA256Digest: Int64] = [:]
    }

    let folder: Folder
    private let state: Mutex<State>

    /// Makes an empty area.
    ///
    /// - Throws: `FileError`.
    init(in staging: Folder, wanted: [SHA256Digest: Int64]) throws(FileError) {
        if try staging.status(of: Self.name) != nil { try staging.removeTree(Self.name) }
        folder = try staging.folder(making: Self.name)
        try staging.sync()
        state = Mutex(State(wanted: wanted))
    }

    /// Contents that are here whole, synced and found right, with their sizes.
    var taken: [SHA256Digest: Int64] { state.withLock(\.taken) }
    /// Whether nothing more is looked for.
    var isComplete: Bool { state.withLock { $0.wanted.isEmpty } }

    /// Whether a package lists something that is looked for.
    func wants(any files: [PackageFile]) -> Bool {
        state.withLock { state in files.contains { state.wanted[$0.sha256] == $0.size } }
    }

    func destination(for file: PackageFile) throws -> OwnedDescriptor? {
        let isWanted = state.withLock { $0.wanted[file.sha256] == file.size && $0.open[file.sha256] == nil }
        guard isWanted else { return nil }
        if try folder.status(of: file.sha256.hex) != nil { try folder.removeFile(file.sha256.hex) }
        let target = try folder.file(creating: file.sha256.hex)
        try target.reserve(at: 0, count: file.size)
        state.withLock { $0.open[file.sha256] = target }
        return target
    }

    func complete(_ file: PackageFile, digest: SHA256Digest) throws {
        guard digest == file.sha256, let target = state.withLock({ $0.open.removeValue(forKey: digest) }) else {
            return
        }
        guard try target.status().size == file.size else { return }
        try keep(target, digest, file.size)
    }

    /// Copies a file, if its size is one that is looked for, and keeps it if its digest is too.
    ///
    /// - Returns: Whether it was kept.
    /// - Throws: `FileError`; `BundleError` when OpenSSL fails; `CancellationError`.
    func take(_ source: OwnedDescriptor) throws -> Bool {
        let size = try source.status().size
        guard state.withLock({ $0.wanted.values.contains(size) }) else { return false }
        if try folder.status(of: Self.draft) != nil { try folder.removeFile(Self.draft) }
        let target = try folder.file(creating: Self.draft)
        try target.reserve(at: 0, count: size)
        let outcome = try DataPipeline().run(.file(source, at: 0), count: size, to: .file(target, at: 0))
        guard outcome.count == size, state.withLock({ $0.wanted[outcome.digest] }) == size else {
            try folder.removeFile(Self.draft)
            return false
        }
        try folder.rename(Self.draft, to: outcome.digest.hex)
        try keep(target, outcome.digest, size)
        return true
    }

    /// Keeps bytes, if they are looked for.
    ///
    /// - Throws: `FileError`; `BundleError` when OpenSSL fails.
    func take(_ bytes: [UInt8]) throws {
        let digest = try SHA256Digest(of: bytes)
        let size = Int64(bytes.count)
        guard state.withLock({ $0.wanted[digest] }) == size else { return }
        if try folder.status(of: digest.hex) != nil { try folder.removeFile(digest.hex) }
        let target = try folder.file(creating: digest.hex)
        try target.writeAll(bytes, at: 0)
        try keep(target, digest, size)
    }

    private func keep(_ file: OwnedDescriptor, _ digest: SHA256Digest, _ size: Int64) throws(FileError) {
        guard fchmod(file.raw, 0o444) == 0 else { throw FileError(.lastError, while: "protect", file.path) }
        try file.sync()
        state.withLock { state in
            state.wanted[digest] = nil
            state.taken[digest] = size
        }
    }
}
