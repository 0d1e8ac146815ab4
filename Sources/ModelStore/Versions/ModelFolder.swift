// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import BundleKit

/// The folder of one model: its versions, which one is active, and what was active before.
///
/// `models/<publisher or _>/<model>/`. Readers never wait: whatever vanishes while they look was removed.
struct ModelFolder {
    let name: PackageName
    let folder: Folder

    /// Opens the folder of a model; `nil` where there is none.
    ///
    /// - Throws: `FileError`.
    init?(_ name: PackageName, in models: Folder) throws(FileError) {
        let publisher = name.publisher ?? StoreLayout.noPublisher
        do throws(FileError) {
            guard try models.status(of: publisher) != nil else { return nil }
            let outer = try models.folder(publisher)
            guard try outer.status(of: name.model) != nil else { return nil }
            folder = try outer.folder(name.model)
        } catch {
            if error.code == .notFound { return nil }
            throw error
        }
        self.name = name
    }

    /// Opens the folder of a model, making it where it is missing.
    ///
    /// - Throws: `FileError`.
    init(making name: PackageName, in models: Folder) throws(FileError) {
        func folder(_ part: String, in outer: Folder) throws(FileError) -> Folder {
            if try outer.status(of: part) != nil { return try outer.folder(part) }
            let made = try outer.folder(making: part)
            try outer.sync()
            return made
        }
        let publisher = try folder(name.publisher ?? StoreLayout.noPublisher, in: models)
        self.folder = try folder(name.model, in: publisher)
        self.name = name
    }

    /// The names of the folders of all versions, complete or not.
    ///
    /// - Throws: `FileError`.
    func versionFolders() throws(FileError) -> [String] {
        try folder.namesAndOthers().names.filter { $0.contains("~") && !$0.hasPrefix(".") }
    }

    /// The name of the active version's folder; `nil` where none is, or where the active one is gone.
    ///
    /// - Throws: `FileError`; `StoreError`, code `damaged`.
    func activeFolder() throws -> String? {
        guard let name = try recordedActive(), try folder.status(of: name) != nil else { return nil }
        return name
    }

    /// What `active` says, whether that version is there or not.
    ///
    /// - Throws: `FileError`; `StoreError`, code `damaged`.
    func recordedActive() throws -> String? {
        guard let bytes = try folder.bytesIfPresent(of: StoreLayout.active, limit: 4096) else { return nil }
        let text = String(decoding: bytes, as: UTF8.self)
        guard text.hasSuffix("\n"), text.contains("~"), !text.contains("/"), !text.dropLast().contains("\n") else {
            throw StoreError.damagedFile(folder.path(of: StoreLayout.active), "does not name a version")
        }
        return String(text.dropLast())
    }

    /// What `active` says; `nil` also where it is damaged, since it makes no version the active one then.
    ///
    /// - Throws: `FileError` where it cannot be read.
    func namedActive() throws -> String? {
        do {
            return try recordedActive()
        } catch let error as StoreError where error.code == .damaged {
            return nil
        } catch let error as FileError where error.code == .wrongType {
            return nil
        }
    }

    /// Refuses to make a version the active one where the files that tell of it cannot be read or replaced.
    ///
    /// - Throws: `FileError`; `StoreError`, code `damaged`.
    func checkActivation() throws {
        _ = try history()
        guard try folder.status(of: StoreLayout.active)?.kind == .folder else { return }
        throw StoreError.damagedFile(folder.path(of: StoreLayout.active), "is a folder")
    }

    /// Makes a version the active one, and writes that into the history first.
    ///
    /// An entry with the number of the audit line that announced it is not written twice.
    ///
    /// - Throws: `FileError`.
    func activate(
        _ version: PackageVersion, _ identity: SHA256Digest, as action: ActivationEntry.Action = .activate,
        audit: AuditHead, at time: Timestamp, context: StoreContext
    ) throws {
        let entry: JSONValue = [
            "action": .string(action.rawValue), "at": .string(time.description), "audit": .integer(audit.sequence),
            "by": .string("\(context.user)@\(context.host)"), "identity": .string(identity.description),
            "version": .string(version.description),
        ]
        let old = try history()
        let isRecorded = old.contains { $0["audit"] == entry["audit"] && $0["identity"] == entry["identity"] }
        if !isRecorded { try publish(history: old + [entry]) }
        let line = StoreLayout.folderName(version, identity) + "\n"
        try folder.publish(Array(line.utf8), as: StoreLayout.active)
    }

    /// Takes back what an activation that never took effect wrote into the history.
    ///
    /// - Parameters:
    ///   - sequence: The number of the audit line that announced it.
    ///   - folderName: The version's folder.
    /// - Returns: Whether it did not take effect.
    /// - Throws: `FileError`; `StoreError`, code `damaged`.
    @discardableResult
    func retractActivation(announcedBy sequence: Int64, of folderName: String) throws -> Bool {
        guard try namedActive() != folderName else { return false }
        let old: [JSONValue]
        do { old = try history() } catch is StoreError {
            // One that cannot be read was not written to.
            return true
        }
        let kept = old.filter { $0["audit"] != .integer(sequence) }
        guard kept.count < old.count else { return true }
        if kept.isEmpty {
            try folder.removeFile(StoreLayout.history)
            try folder.sync()
        } else {
            try publish(history: kept)
        }
        return true
    }

    private func publish(history: [JSONValue]) throws(FileError) {
        var lines: [UInt8] = []
        for line in history { lines += line.compactBytes + [0x0A] }
        try folder.publish(lines, as: StoreLayout.history)
    }

    /// Says that no version is active.
    ///
    /// - Throws: `FileError`.
    func deactivate() throws {
        guard try folder.status(of: StoreLayout.active) != nil else { return }
        try folder.removeFile(StoreLayout.active)
        try folder.sync()
    }

    /// The entries of the history, the oldest first.
    ///
    /// - Throws: `FileError`; `StoreError`, code `damaged`.
    func history() throws -> [JSONValue] {
        guard let lines = try folder.bytesIfPresent(of: StoreLayout.history)?.split(separator: 0x0A) else { return [] }
        return try lines.enumerated().map { index, line in
            do throws(JSONError) {
                return try JSONValue(strict: Array(line))
            } catch {
                throw StoreError.damagedFile(
                    folder.path(of: StoreLayout.history), "has a malformed line \(index + 1): \(error.reason)")
            }
        }
    }
}
