// SPDX-License-Identifier: Apache-2.0

package import BaigoCore
internal import BundleKit
package import SystemPackage

/// What moving a store did.
package struct MoveResult: Sendable {
    /// Where the store is now; absolute.
    package let path: FilePath
    /// Whether everything was copied, since the folders are on two file systems.
    package let isCopied: Bool
    /// Bytes of contents that were copied.
    package let written: ByteCount
    package let warnings: [Warning]
    /// The outcome's line.
    package let audit: AuditHead
}

/// A move of a whole store to another folder.
///
/// On one file system the folder changes places with one that holds the sign (`moved.json`), in one step. Else
/// everything is copied and verified, the copy becomes the store, the old home gets its sign, and only then is anything
/// removed. Killed at any point, one of both is whole, and the same move goes on.
package struct StoreMove {
    let home: StoreHome
    let context: StoreContext
    let target: FilePath

    /// Prepares a move; nothing is looked at yet.
    package init(from path: FilePath, to target: FilePath, context: StoreContext) {
        home = StoreHome(path: path)
        self.target = target.absolute.lexicallyNormalized()
        self.context = context
    }

    /// Moves the store.
    ///
    /// - Throws: `StoreError`: `notAStore`, `otherStore`, `invalidTarget`, `damaged`, `moved` for a store that is at
    ///   another place already; `FileError`; `CancellationError`.
    package func run(
        wait: Duration = .zero, progress: any ProgressObserver = SilentProgress()
    ) throws -> MoveResult {
        if let left = try interrupted() { return try finish(left) }
        guard let (root, _) = try home.reading() else {
            throw StoreError(
                .notAStore, "there is no store in \(home.path.string.escapedForOneLine)", hint: "Check the path.")
        }
        try ModelStore.checkApart(root.path, target)
        let writing = try WritingHome(home, context: context, purpose: "store move", waiting: wait)
        let event = AuditEvent("store.move", details: ["to": .string(target.string)])
        return try rename(writing, event) ?? copy(writing, event, progress)
    }

    /// Renames the folder; `nil` where that is impossible.
    private func rename(_ writing: WritingHome, _ event: AuditEvent) throws -> MoveResult? {
        guard let oldName = home.path.lastComponent?.string, let newName = target.lastComponent?.string else {
            return nil
        }
        let storeID = writing.identity.storeID
        let old = try Folder.open(home.path.removingLastComponent())
        let new = try Folder.open(making: target.removingLastComponent())
        guard try new.status().device == writing.root.status().device, try isFree(newName, in: new, storeID) else {
            return nil
        }
        let intent = try writing.audit.intent(event)
        do throws(FileError) {
            if try new.status(of: newName) != nil { try new.removeTree(newName) }
            let sign = try new.sharing(with: writing.root.readers).folder(making: newName)
            try MovedStore.publish(in: sign, storeID: storeID, to: target, at: context.clock())
            try new.sync()
            // Nobody ever sees the old place without the sign, where a new store would be begun.
            try old.exchange(oldName, with: newName, in: new)
        } catch {
            // Two mounts of one device, for example, or a file system that cannot do it.
            if try MovedStore.read(in: new.folder(newName)) != nil { try new.removeTree(newName) }
            try writing.audit.outcome(event, .failed, error: error.identifier, of: intent)
            return nil
        }
        try new.sync()
        try old.sync()
        let audit = try writing.audit.outcome(event, .done, of: intent)
        return MoveResult(path: target, isCopied: false, written: ByteCount(0), warnings: [], audit: audit)
    }

    /// Whether nothing is at the target but an empty folder, or the sign that this store left there once.
    private func isFree(_ name: String, in parent: Folder, _ storeID: String) throws -> Bool {
        guard let status = try parent.status(of: name) else { return true }
        guard status.kind == .folder else { return false }
        let folder = try parent.folder(name)
        let moved = try MovedStore.read(in: folder)
        guard moved.map({ $0.storeID == storeID }) ?? true else { return false }
        return try folder.names().allSatisfy { [StoreLayout.lock, MovedStore.fileName].contains($0) }
    }

    private func copy(
        _ writing: WritingHome, _ event: AuditEvent, _ progress: any ProgressObserver
    ) throws -> MoveResult {
        let source = try CopySource(of: home)
        let place = try CopyTarget(at: target, for: source, isMove: true)
        var copy = StoreCopy(source, to: place, isMove: true, progress: progress)
        let intent = try writing.audit.intent(event)
        var warnings: [Warning]
        do {
            _ = try copy.carry()
            warnings = try copy.finish()
        } catch {
            let refusal = ImportRefusal(error)
            try writing.audit.outcome(event, refusal.result, error: refusal.identifier, of: intent)
            throw error
        }
        // From here on the store is at the target.
        try MovedStore.publish(
            in: writing.root, storeID: source.identity.storeID, to: target, at: context.clock())
        let audit = try AuditWriter(in: place.audit, context: context).outcome(event, .done, of: intent)
        do throws(FileError) {
            try clear(writing.root)
        } catch {
            warnings.append(
                Warning(
                    identifier: error.identifier,
                    message: "the old folder could not be emptied: \(error.message); run the same command again"))
        }
        return MoveResult(
            path: target, isCopied: true, written: ByteCount(copy.written.bytes), warnings: warnings, audit: audit)
    }

    /// What an earlier move that was cut short after the copy left: the old home with its sign, the store at the target.
    private func interrupted() throws -> Folder? {
        guard let root = try home.folder() else { return try renamed() }
        guard let moved = try MovedStore.read(in: root) else { return try home.reading() == nil ? renamed() : nil }
        guard moved.path == target, let place = try StoreHome(path: target).reading(),
            place.identity.storeID == moved.storeID
        else { return nil }
        try home.checkOwner(of: root)
        try home.checkWriter(of: root)
        return root
    }

    /// The old home, made again with its sign, where a move that was cut short had renamed it already.
    private func renamed() throws -> Folder? {
        guard let (root, identity) = try StoreHome(path: target).reading(),
            try root.status(of: StoreLayout.audit) != nil
        else { return nil }
        guard let last = try AuditFiles(in: try root.folder(StoreLayout.audit)).lastLine(),
            last.event.operation == "store.move", last.event.details["to"]?.string == target.string
        else { return nil }
        let sign = try home.make()
        try MovedStore.publish(in: sign, storeID: identity.storeID, to: target, at: context.clock())
        return sign
    }

    private func finish(_ root: Folder) throws -> MoveResult {
        let lock = try FileLock.take(StoreLayout.lock, in: root, for: "store move")
        defer { withExtendedLifetime(lock) {} }
        try clear(root)
        // Opening it for writing ends the line that the move left open.
        let writing = try WritingHome(
            StoreHome(path: target), context: context, purpose: "store move", waiting: .zero)
        return MoveResult(
            path: target, isCopied: true, written: ByteCount(0), warnings: [], audit: writing.audit.head)
    }

    /// Removes what the target holds now; the sign and the lock stay, and what no store has.
    private func clear(_ root: Folder) throws(FileError) {
        let kept: Set = [MovedStore.fileName, StoreLayout.lock, "lost+found"]
        // Without store.json nothing takes the rest for a store, even if somebody removes the sign.
        let names = try root.names().filter { !kept.contains($0) && !$0.hasPrefix(".") }
        for name in names.sorted(by: { ($0 == StoreIdentity.fileName ? 0 : 1) < ($1 == StoreIdentity.fileName ? 0 : 1) }
        ) {
            if try root.status(of: name)?.kind == .folder {
                try root.removeTree(name)
            } else {
                try root.removeFile(name)
            }
        }
        try root.sync()
    }
}
