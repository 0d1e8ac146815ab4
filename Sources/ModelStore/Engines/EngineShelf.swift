// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import BundleKit
internal import SystemPackage

/// The folder `engines` of a home: `<id>/<version>-<build>/`, which one is active, and what was active before.
///
/// Readers never wait: whatever vanishes while they look was removed.
struct EngineShelf {
    /// What stands for the engine that came with baigo.
    static let builtIn = "built-in"
    static let package = "package"
    private static let readyPrefix = "ready-"
    /// Ids that would stand for something else, in the folder or on a command line.
    static let reservedNames: Set = [StoreLayout.active, StoreLayout.history, builtIn]

    let folder: Folder

    /// What `active` says: an engine's folder and where in it the engine is ready to be started.
    struct Active: Equatable {
        let id: String
        let folderName: String
        let ready: String

        /// `id/version-build`.
        var engine: String { "\(id)/\(folderName)" }
        /// The number of the audit line that announced it.
        var sequence: Int64? { Int64(ready.dropFirst(EngineShelf.readyPrefix.count)) }
    }

    static func readyName(_ sequence: Int64) -> String { readyPrefix + String(sequence) }
    static func isReady(_ name: String) -> Bool { name.hasPrefix(readyPrefix) }

    /// The active engine, whether it is there or not; `nil` for the one that came with baigo.
    ///
    /// - Throws: `StoreError`, code `damaged`; `FileError`.
    func active() throws -> Active? {
        guard try folder.status(of: StoreLayout.active) != nil else { return nil }
        let text = String(decoding: try folder.bytes(of: StoreLayout.active, limit: 4096), as: UTF8.self)
        let parts = text.dropLast().split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard text.hasSuffix("\n"), parts.count == 3, Self.isReady(parts[2]),
            parts.allSatisfy({ !$0.isEmpty && !$0.hasPrefix(".") && !$0.contains("\n") })
        else { throw StoreError.damaged(folder.path(of: StoreLayout.active), "does not name an engine") }
        return Active(id: parts[0], folderName: parts[1], ready: parts[2])
    }

    /// All engines.
    ///
    /// - Throws: `FileError`; `StoreError`, code `damaged`, for `active`.
    func list() throws -> EngineListing {
        var listing = EngineListing()
        let active = try active()
        for id in try folder.names() where try folder.status(of: id)?.kind == .folder {
            var engines: [StoredEngine] = []
            for name in try names(of: id) {
                do {
                    if let found = try engine(id, name, active: active) { engines.append(found) }
                } catch let error as any PresentableError {
                    listing.warnings.append(error.asWarning)
                }
            }
            listing.engines += engines.sorted { $0.receipt.audit.sequence > $1.receipt.audit.sequence }
        }
        return listing
    }

    /// The names of an id's folders.
    func names(of id: String) throws(FileError) -> [String] {
        do throws(FileError) { return try folder.folder(id).names().filter { !$0.hasPrefix(".") } } catch {
            if error.code == .notFound { return [] }
            throw error
        }
    }

    /// One engine; `nil` where it is gone.
    ///
    /// - Throws: `StoreError`, code `damaged` or `unsupportedSchema`; `FileError`.
    func engine(_ id: String, _ name: String, active: Active?) throws -> StoredEngine? {
        let place: Folder
        let receipt: EngineReceipt
        do {
            place = try folder.folder(id).folder(name)
            receipt = try EngineReceipt(in: place)
        } catch let error as FileError where error.code == .notFound {
            guard try !names(of: id).contains(name) else {
                throw StoreError.damaged(folder.path(of: "\(id)/\(name)"), "has no receipt.json", cause: error)
            }
            return nil
        }
        guard receipt.id == id, receipt.folderName == name else {
            throw StoreError.damaged(
                place.path(of: StoreLayout.receipt), "is the receipt of \(receipt.id):\(receipt.folderName)")
        }
        let isActive = active?.id == id && active?.folderName == name
        let path = FilePath(place.path)
        return StoredEngine(
            receipt: receipt, folder: path, ready: isActive ? active.map { path.appending($0.ready) } : nil)
    }

    /// The one engine that a reference stands for.
    ///
    /// - Throws: `StoreError`: `engineNotFound`, `ambiguous`, `damaged`; `FileError`.
    func resolve(_ reference: EngineReference) throws -> StoredEngine {
        let listing = try list()
        let fitting = listing.engines.filter(reference.fits)
        guard let first = fitting.first else { throw Self.unknown(reference, listing.engines) }
        guard fitting.count == 1 else {
            throw StoreError(
                .ambiguous, "\(reference) may be \(fitting.map(\.reference).joined(separator: " or "))",
                hint: "Name one of them whole.")
        }
        return first
    }

    static func unknown(_ reference: EngineReference, _ engines: [StoredEngine] = []) -> StoreError {
        let known = engines.map(\.reference).joined(separator: ", ")
        return StoreError(
            .engineNotFound, "there is no engine \(reference) in the store",
            hint: known.isEmpty ? "Take one in with baigo engine import." : "There are: \(known).")
    }

    /// The lines of the history, the oldest first.
    ///
    /// - Throws: `StoreError`, code `damaged`; `FileError`.
    func history() throws -> [JSONValue] {
        guard try folder.status(of: StoreLayout.history) != nil else { return [] }
        return try folder.bytes(of: StoreLayout.history).split(separator: 0x0A).enumerated().map { index, line in
            do throws(JSONError) { return try JSONValue(strict: Array(line)) } catch {
                throw StoreError.damaged(
                    folder.path(of: StoreLayout.history), "has a malformed line \(index + 1): \(error.reason)")
            }
        }
    }

    func publish(history: [JSONValue]) throws(FileError) {
        var lines: [UInt8] = []
        for line in history { lines += line.compactBytes + [0x0A] }
        try folder.publish(lines, as: StoreLayout.history)
    }

    /// Says which engine is active; `nil` for the one that came with baigo.
    func publish(active: Active?) throws(FileError) {
        if let active {
            try folder.publish(Array("\(active.engine)/\(active.ready)\n".utf8), as: StoreLayout.active)
        } else if try folder.status(of: StoreLayout.active) != nil {
            try folder.removeFile(StoreLayout.active)
            try folder.sync()
        }
    }

    /// Removes what is ready to be started and not active.
    ///
    /// - Throws: `FileError`; `StoreError`, code `damaged`.
    func dropStaleReady() throws {
        let active = try active()
        for id in try folder.names() where try folder.status(of: id)?.kind == .folder {
            let engines = try folder.folder(id)
            for name in try engines.names() where try engines.status(of: name)?.kind == .folder {
                let engine = try engines.folder(name)
                for ready in try engine.names() where Self.isReady(ready) {
                    if active == Active(id: id, folderName: name, ready: ready) { continue }
                    try engine.removeTree(ready)
                    try engine.sync()
                }
            }
        }
    }
}
