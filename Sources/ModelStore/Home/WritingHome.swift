// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import BundleKit
internal import SystemPackage

/// A store under its lock: everything that changes it goes through one of these.
///
/// Not shared between tasks; the lock is released when the object goes.
final class WritingHome {
    let home: StoreHome
    let root: Folder
    let context: StoreContext
    let audit: AuditWriter
    let blobs: BlobStore
    let models: Folder
    let staging: Folder
    private(set) var identity: StoreIdentity
    /// Whether the index had to make room.
    let isShort: Bool
    private let lock: FileLock

    /// Room below which a change that frees some takes that of the index first.
    private static let scarce = ByteCount(1 << 20)

    /// Takes the lock, makes what is missing, and finishes or undoes what a command that died left.
    ///
    /// - Parameters:
    ///   - home: The store's home.
    ///   - context: Who works with it.
    ///   - purpose: What others that wait are told.
    ///   - wait: How long to wait for another writer.
    ///   - isFreeing: Whether the change makes room, so that it has to be possible on a full disk.
    ///   - future: The last line of the log, where it is taken though it is of the future.
    /// - Throws: `FileError`: `locked`, `unsafeOwnership`, `clock` and others; `StoreError`; `CancellationError`.
    init(
        _ home: StoreHome, context: StoreContext, purpose: String, waiting wait: Duration,
        freeing isFreeing: Bool = false, accepting future: AuditHead? = nil
    ) throws {
        self.home = home
        self.context = context
        root = try home.writing()
        lock = try FileLock.take(StoreLayout.lock, in: root, for: purpose, waiting: wait)
        try Self.checkPlace(of: root, home)
        if isFreeing, try root.freeSpace() < Self.scarce {
            isShort = try root.dropIndex()
        } else {
            isShort = false
        }
        if let found = try StoreIdentity(in: root) {
            identity = found
        } else {
            identity = StoreIdentity()
            try identity.publish(in: root)
        }
        models = try home.folder(making: StoreLayout.models, in: root)
        staging = try home.folder(making: StoreLayout.staging, in: root)
        blobs = try BlobStore(in: try home.folder(making: StoreLayout.blobs, in: root))
        audit = try AuditWriter(
            in: try home.folder(making: StoreLayout.audit, in: root), context: context, accepting: future)
        try recover()
    }

    /// Refuses to write where the store is no more that was there before the wait for its lock.
    private static func checkPlace(of root: Folder, _ home: StoreHome) throws {
        _ = try home.reading()
        guard try home.folder()?.status().isSameFile(as: root.status()) == true else {
            throw StoreError(
                .moved, "the store in \(root.path.escapedForOneLine) was moved away or replaced meanwhile",
                hint: "See where it is now, and run the command again.")
        }
    }

    /// The models as the plain files tell them.
    var catalog: Catalog { Catalog(models: models, root: root) }

    /// Announces a change that makes room; where there is none for the line, the index makes way.
    ///
    /// - Throws: As `AuditWriter.intent`.
    func announce(freeing event: AuditEvent) throws -> AuditHead {
        do {
            return try audit.intent(event)
        } catch let error as FileError where error.code == .noSpace {
            guard try root.dropIndex() else { throw error }
            return try audit.intent(event)
        }
    }

    /// Whether a file of this store can have a second name.
    ///
    /// - Throws: `FileError`, where not even a first one can be made.
    func takesLinks() throws(FileError) -> Bool { try staging.takesLinks() }

    /// Requires signatures from now on, or lifts that.
    ///
    /// - Throws: `FileError`.
    func setSignatureLatch(_ isLatched: Bool) throws {
        guard identity.isSignatureLatched != isLatched else { return }
        identity.isSignatureLatched = isLatched
        try identity.publish(in: root)
    }

    /// Notes whether a policy lifts the requirement of signatures.
    ///
    /// - Throws: `FileError`.
    func setSignatureRelease(_ isReleased: Bool) throws {
        guard identity.isSignatureReleased != isReleased else { return }
        identity.isSignatureReleased = isReleased
        try identity.publish(in: root)
    }

    /// Notes that the home has a policy from now on.
    ///
    /// - Throws: `FileError`.
    func setPolicy() throws {
        guard !identity.hasPolicy else { return }
        identity.hasPolicy = true
        try identity.publish(in: root)
    }
}

extension Folder {
    /// Removes the index from a home: it is made from the plain files, and made again.
    ///
    /// - Returns: Whether there was one.
    /// - Throws: `FileError`.
    fileprivate func dropIndex() throws(FileError) -> Bool {
        guard try status(of: StoreLayout.index)?.kind == .regular else { return false }
        try removeFile(StoreLayout.index)
        try sync()
        return true
    }

    /// Whether a file in this folder can have a second name.
    ///
    /// - Throws: `FileError`, where not even a first one can be made.
    func takesLinks() throws(FileError) -> Bool {
        let names = ["probe", "probe-link"]
        for name in names where try status(of: name) != nil { try removeFile(name) }
        _ = try file(creating: names[0])
        defer { for name in names { try? removeFile(name) } }
        do throws(FileError) {
            try link(names[0], to: names[1], in: self)
            return true
        } catch {
            return false
        }
    }
}
