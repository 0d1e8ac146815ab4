// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import BundleKit
internal import SystemPackage

/// The home that a store is copied or moved to, under its lock.
///
/// A first copy is no store before it is whole: until then it has `copy.json` and no `store.json`. A copy that is
/// brought up to date is a store at every moment.
final class CopyTarget {
    let home: StoreHome
    let root: Folder
    let models: Folder
    let staging: Folder
    let audit: Folder
    let blobs: BlobStore
    /// What the home holds; `nil` while a first copy is under way.
    private(set) var identity: StoreIdentity?
    private let lock: FileLock

    /// Opens or makes the home.
    ///
    /// - Parameters:
    ///   - path: The folder.
    ///   - source: The store that is to be copied.
    ///   - isMove: Whether the store itself goes there, and not a copy with an identity of its own.
    /// - Throws: `StoreError`, code `otherStore`, for a folder that holds something else; `FileError`.
    init(at path: FilePath, for source: CopySource, isMove: Bool) throws {
        home = StoreHome(path: path, isShared: source.root.readers == .everyone)
        root = try Self.open(home)
        let storeID = source.identity.storeID
        // Nothing, not even a lock, is laid into a folder of somebody else.
        try Self.checkFree(root, storeID)
        lock = try FileLock.take(StoreLayout.lock, in: root, for: isMove ? "store move" : "store copy")
        try root.removeDrafts()
        identity = try StoreIdentity(in: root)
        let origin = isMove ? identity?.storeID : identity?.copyOf
        let mark = try CopyMark(in: root)
        if identity == nil, mark == nil {
            try Self.checkFree(root, storeID)
            try CopyMark(storeID: storeID).publish(in: root)
        } else if (origin ?? mark?.storeID) != storeID {
            throw Self.taken(root)
        }
        models = try home.folder(making: StoreLayout.models, in: root)
        staging = try home.folder(making: StoreLayout.staging, in: root)
        audit = try home.folder(making: StoreLayout.audit, in: root)
        blobs = try BlobStore(in: try home.folder(making: StoreLayout.blobs, in: root))
    }

    /// Makes it a store, if it is none yet, and takes over what its `store.json` says of signatures.
    ///
    /// - Throws: `FileError`.
    func publish(_ source: StoreIdentity, isMove: Bool) throws {
        let wanted = isMove ? source : source.copy(as: identity?.storeID)
        if wanted != identity { try wanted.publish(in: root) }
        identity = wanted
        for name in [MovedStore.fileName, CopyMark.fileName] where try root.status(of: name) != nil {
            try root.removeFile(name)
        }
        try root.sync()
    }

    private static func open(_ home: StoreHome) throws -> Folder {
        let found = try home.folder()
        let root = try found ?? home.make()
        try home.checkOwner(of: root)
        try home.checkWriter(of: root)
        return root
    }

    /// Refuses a folder with files, unless a store or a copy is there, or the sign that this store left.
    private static func checkFree(_ root: Folder, _ storeID: String) throws {
        let names = try root.names()
        guard !names.contains(StoreIdentity.fileName), !names.contains(CopyMark.fileName) else { return }
        let moved = try MovedStore.read(in: root)
        let free: Set = [StoreLayout.lock, MovedStore.fileName, "lost+found"]
        guard moved.map({ $0.storeID == storeID }) ?? true,
            names.allSatisfy({ free.contains($0) || $0.hasPrefix(".") })
        else { throw taken(root) }
    }

    private static func taken(_ root: Folder) -> StoreError {
        StoreError(
            .otherStore, "\(root.path.escapedForOneLine) holds something else than this store",
            hint: "Name a new or an empty folder, or an earlier copy of this store.")
    }
}
