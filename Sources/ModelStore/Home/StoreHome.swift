// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import Glibc
internal import SystemPackage

/// The folder of a store, and the rules for who may own it.
///
/// Opened anew for each operation, so that a folder that was put in its place meanwhile is checked again.
struct StoreHome: Sendable {
    /// Absolute.
    let path: FilePath
    /// Whether a home that is made lets everyone read; one that is there lets in whom its mode lets in.
    let isShared: Bool

    /// Names a home; nothing is looked at yet.
    init(path: FilePath, isShared: Bool = false) {
        self.path = path.absolute
        self.isShared = isShared
    }

    /// Opens the home for reading; `nil` where there is none.
    ///
    /// - Throws: `FileError`, code `unsafeOwnership` or `wrongPlace`; `StoreError`, code `notAStore`,
    ///   `unsupportedSchema` or `damaged`.
    func reading() throws -> (root: Folder, identity: StoreIdentity)? {
        guard let root = try folder() else { return nil }
        try checkOwner(of: root)
        try MovedStore.refuse(in: root)
        if let identity = try StoreIdentity(in: root) { return (root, identity) }
        let names = try root.names()
        if names.allSatisfy(StoreLayout.isEarly) { return nil }
        // Somebody may have begun the store, or ended a copy, meanwhile.
        try MovedStore.refuse(in: root)
        if let identity = try StoreIdentity(in: root) { return (root, identity) }
        try CopyMark.refuse(in: root)
        let shown = root.path.escapedForTerminal
        if names.contains(StoreLayout.models) || names.contains(StoreLayout.blobs) {
            throw StoreError(
                .damaged, "the store in \(shown) has lost its store.json",
                hint: "Restore it from a backup, or write it anew as docs/store.md says.")
        }
        throw StoreError(
            .notAStore, "\(shown) holds other files and is no store", hint: "Choose an empty or a new folder as home.")
    }

    /// Reads in the store without its lock, and says that the store was moved where that happened meanwhile, whatever was
    /// read then.
    ///
    /// - Throws: `StoreError`, code `moved`; what `body` throws.
    func staying<Value>(_ body: () throws -> Value) throws -> Value {
        let value = Result { try body() }
        if let root = try? folder() { try MovedStore.refuse(in: root) }
        return try value.get()
    }

    /// Opens the home's folder whether there is a store in it or not; `nil` where there is no folder.
    ///
    /// - Throws: `FileError`, code `unsafeOwnership` or `wrongPlace`.
    func looking() throws -> Folder? {
        guard let root = try folder() else { return nil }
        try checkOwner(of: root)
        return root
    }

    /// Opens the home for writing, making its folder where it is missing; `store.json` may still be missing then.
    ///
    /// - Throws: as `reading()`, and `FileError`, code `unsafeOwnership`, where another user owns the home.
    func writing() throws -> Folder {
        if let found = try reading() {
            try checkWriter(of: found.root)
            return found.root
        }
        if let root = try folder() {
            try checkOwner(of: root)
            try checkWriter(of: root)
            return root
        }
        let root = try make()
        try checkOwner(of: root)
        try checkWriter(of: root)
        return root
    }

    /// Makes the home's folder, with the folders around it.
    ///
    /// - Throws: `FileError`.
    func make() throws(FileError) -> Folder {
        let readers = isShared ? FolderAccess.everyone : .owner
        let parent = try Folder.open(making: path.removingLastComponent(), mode: readers.folderMode)
        guard let name = path.lastComponent else { throw notAFolder() }
        let root = try parent.sharing(with: readers).folder(making: name.string)
        try parent.sync()
        return root
    }

    /// A folder of the home; `nil` where there is none.
    ///
    /// - Throws: `FileError`, code `unsafeOwnership`, where it is a link or others could write to it.
    func folder(_ name: String, in root: Folder) throws -> Folder? {
        guard let status = try root.status(of: name) else { return nil }
        try Self.checkKind(status, root.path(of: name))
        let folder = try root.folder(name)
        try checkOwner(of: folder)
        return folder
    }

    /// The contents; `nil` where there is no folder for them.
    ///
    /// - Throws: as `folder(_:in:)`.
    func blobs(in root: Folder) throws -> BlobStore? {
        try folder(StoreLayout.blobs, in: root).flatMap { try BlobStore(reading: $0) }
    }

    /// A folder of the home, made where there is none.
    ///
    /// - Throws: as `folder(_:in:)`.
    func folder(making name: String, in root: Folder) throws -> Folder {
        if let found = try folder(name, in: root) { return found }
        let made = try root.folder(making: name)
        try root.sync()
        return made
    }

    /// The home's folder, which hands on who may read it; `nil` where there is none.
    ///
    /// - Throws: `FileError`.
    func folder() throws -> Folder? {
        guard let found = try found() else { return nil }
        return found.sharing(with: FolderAccess(mode: try found.status().mode))
    }

    private func found() throws -> Folder? {
        guard let name = path.lastComponent, name.kind == .regular else { return try Folder.open(path) }
        let parent: Folder
        do throws(FileError) {
            parent = try Folder.open(path.removingLastComponent())
        } catch {
            if error.code == .notFound { return nil }
            throw error
        }
        guard let status = try parent.status(of: name.string) else { return nil }
        try Self.checkKind(status, path.string)
        return try parent.folder(name.string)
    }

    private static func checkKind(_ status: FileStatus, _ path: String) throws(FileError) {
        if status.kind == .link {
            throw FileError(
                .unsafeOwnership, "\(path.escapedForTerminal) is a link",
                hint: "Name the folder itself; a store follows no links.")
        }
        guard status.kind == .folder else {
            throw FileError(.wrongPlace, "\(path.escapedForTerminal) is not a folder", hint: "Check the path.")
        }
    }

    /// Refuses a folder that others may write to.
    ///
    /// - Throws: `FileError`, code `unsafeOwnership`.
    func checkOwner(of folder: Folder) throws(FileError) {
        let status = try folder.status()
        let shown = folder.path.escapedForTerminal
        guard status.mode & 0o022 == 0 else {
            throw FileError(
                .unsafeOwnership, "other users may write to \(shown)", hint: "Run chmod go-w on it, and look who did.")
        }
        if geteuid() == 0, status.owner != 0 {
            throw FileError(
                .unsafeOwnership, "\(shown) belongs to user \(status.owner), and baigo runs as root",
                hint: "Run baigo as the owner of the store.")
        }
    }

    /// Refuses a folder of another user for writing.
    ///
    /// - Throws: `FileError`, code `unsafeOwnership`.
    func checkWriter(of folder: Folder) throws(FileError) {
        let owner = try folder.status().owner
        guard owner == geteuid() else {
            throw FileError(
                .unsafeOwnership, "\(folder.path.escapedForTerminal) belongs to user \(owner), not to you",
                hint: "Run baigo as the owner of the store, or choose another home.")
        }
    }

    private func notAFolder() -> FileError {
        FileError(.wrongPlace, "\(path.string.escapedForTerminal) names no folder", hint: "Check the path.")
    }
}

extension FilePath {
    /// The path from the root on: itself, or what it means in the current folder.
    var absolute: FilePath {
        guard !isAbsolute else { return self }
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let current = getcwd(&buffer, buffer.count).map { FilePath(platformString: $0) } ?? FilePath("/")
        return current.pushing(self)
    }
}
