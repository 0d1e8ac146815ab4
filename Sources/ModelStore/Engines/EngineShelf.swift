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
        guard let bytes = try folder.bytesIfPresent(of: StoreLayout.active, limit: 4096) else { return nil }
        let text = String(decoding: bytes, as: UTF8.self)
        let parts = text.dropLast().split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard text.hasSuffix("\n"), parts.count == 3, Self.isReady(parts[2]),
            parts.allSatisfy({ !$0.isEmpty && !$0.hasPrefix(".") && !$0.contains("\n") })
        else { throw StoreError.damagedEngine(folder.path(of: StoreLayout.active), "does not name an engine") }
        return Active(id: parts[0], folderName: parts[1], ready: parts[2])
    }

    /// The active engine; `nil` also where `active` is damaged, so that another engine can be made the active one.
    ///
    /// - Throws: `FileError` where it cannot be read.
    func namedActive() throws -> Active? {
        do {
            return try active()
        } catch let error as StoreError where error.code == .damaged {
            return nil
        } catch let error as FileError where error.code == .wrongType {
            return nil
        }
    }

    /// All engines.
    ///
    /// - Throws: `FileError`.
    func list() throws -> EngineListing {
        var listing = EngineListing()
        var active: Active?
        do {
            active = try self.active()
        } catch let error as any PresentableError {
            listing.warnings.append(error.asWarning)
        }
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
                throw StoreError.damagedEngine(folder.path(of: "\(id)/\(name)"), "has no receipt.json", cause: error)
            }
            return nil
        }
        guard receipt.id == id, receipt.folderName == name else {
            throw StoreError.damagedEngine(
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

    /// The lines of the history that are whole, as they were written, the oldest first.
    ///
    /// What follows the last line feed was cut off while it was written.
    private func historyLines() throws -> [[UInt8]] {
        guard try folder.status(of: StoreLayout.history) != nil else { return [] }
        let bytes = try folder.bytes(of: StoreLayout.history)
        guard let end = bytes.lastIndex(of: 0x0A) else { return [] }
        return bytes[..<end].split(separator: 0x0A).map(Array.init)
    }

    /// The lines of the history, the oldest first.
    ///
    /// - Throws: `StoreError`, code `damaged`; `FileError`.
    func history() throws -> [JSONValue] {
        try historyLines().enumerated().map { index, line in
            do throws(JSONError) { return try JSONValue(strict: line) } catch {
                throw StoreError.damagedEngine(
                    folder.path(of: StoreLayout.history), "has a malformed line \(index + 1): \(error.reason)")
            }
        }
    }

    /// The lines of the history that can be read: no other keeps anyone from changing the engine.
    ///
    /// - Throws: `FileError`.
    func readableHistory() throws -> [JSONValue] {
        try historyLines().compactMap { line in
            do throws(JSONError) { return try JSONValue(strict: line) } catch { return nil }
        }
    }

    /// Whether the history has the line of a switch that the audit line of a number announced.
    ///
    /// - Throws: `FileError`.
    func hasHistory(of sequence: Int64) throws -> Bool {
        try readableHistory().contains { $0["audit"] == .integer(sequence) }
    }

    /// Adds a line to the history; those that cannot be read stay as they are.
    func append(history line: JSONValue) throws {
        try publish(history: try historyLines() + [line.compactBytes])
    }

    /// Takes the line of a switch that the audit line of a number announced out of the history.
    ///
    /// - Throws: `FileError`.
    func removeHistory(of sequence: Int64) throws {
        guard try hasHistory(of: sequence) else { return }
        let kept = try historyLines().filter { line in
            do throws(JSONError) {
                return try JSONValue(strict: line)["audit"] != .integer(sequence)
            } catch {
                return true
            }
        }
        try publish(history: kept)
    }

    private func publish(history: [[UInt8]]) throws(FileError) {
        try folder.publish(history.flatMap { $0 + [0x0A] }, as: StoreLayout.history)
    }

    /// Whether `active` is there, whatever it says.
    func namesAny() throws(FileError) -> Bool { try folder.status(of: StoreLayout.active) != nil }

    /// Says which engine is active; `nil` for the one that came with baigo.
    func publish(active: Active?) throws(FileError) {
        if let active {
            try folder.publish(Array("\(active.engine)/\(active.ready)\n".utf8), as: StoreLayout.active)
        } else if try folder.status(of: StoreLayout.active) != nil {
            try folder.removeFile(StoreLayout.active)
            try folder.sync()
        }
    }

    /// Removes what is ready to be started and not active; nothing where `active` is damaged, as it may be mended.
    ///
    /// - Throws: `FileError`.
    func dropStaleReady() throws {
        let active = try namedActive()
        if active == nil, try namesAny() { return }
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
