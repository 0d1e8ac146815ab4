// SPDX-License-Identifier: Apache-2.0

package import BaigoCore
package import SystemPackage

/// An engine laid out to be started, before it is active: whoever proves it may take files away.
package struct EngineTrial: Sendable {
    package let engine: StoredEngine
    /// A folder with all programs and libraries side by side; absolute.
    package let folder: FilePath
}

/// What changing the active engine did.
package struct EngineActivationResult: Sendable {
    /// The engine that is active now; `nil` for the one that came with baigo.
    package let active: StoredEngine?
    /// The one that was active before; `nil` for the one that came with baigo.
    package let previous: StoredEngine?
    /// Whether another engine is active now.
    package let isChanged: Bool

    /// What stands for the engine that came with baigo.
    package static var builtIn: String { EngineShelf.builtIn }
}

extension ModelStore {
    /// Makes an engine the one that is used, once it has proved itself; else the old one stays.
    ///
    /// - Parameters:
    ///   - reference: The engine; one that is active already is laid out and proved again.
    ///   - wait: How long to wait for another writer.
    ///   - prove: Proves the engine and says what it found, for `engine.json` beside it; an error keeps the old engine.
    /// - Returns: What changed.
    /// - Throws: `StoreError`: `engineNotFound`, `ambiguous`, `damaged` for files that are not as they were imported;
    ///   what `prove` throws; `FileError`.
    package func activateEngine(
        _ reference: EngineReference, wait: Duration = .zero, proving prove: @escaping (EngineTrial) throws -> JSONValue
    ) throws -> EngineActivationResult {
        guard try folder(StoreLayout.engines) != nil else { throw EngineShelf.unknown(reference) }
        return try EngineSwitch(try writingEngines("engine.activate", wait), .activate, prove: prove) { shelf, _ in
            try shelf.resolve(reference)
        }.run()
    }

    /// Goes back to the engine that was active before, past those that are removed, once it has proved itself.
    ///
    /// - Throws: `StoreError`, code `nothingOlder`; as `activateEngine`.
    package func rollbackEngine(
        wait: Duration = .zero, proving prove: @escaping (EngineTrial) throws -> JSONValue
    ) throws -> EngineActivationResult {
        guard try folder(StoreLayout.engines) != nil else { throw EngineSwitch.nothingOlder }
        return try EngineSwitch(try writingEngines("engine.rollback", wait), .rollback, prove: prove) { shelf, trail in
            let active = try shelf.namedActive()
            for engine in trail.reversed().dropFirst() where engine != active?.engine {
                guard let engine else { return nil }
                let parts = engine.split(separator: "/").map(String.init)
                guard parts.count == 2 else { continue }
                if let found = try shelf.engine(parts[0], parts[1], active: active) { return found }
            }
            throw EngineSwitch.nothingOlder
        }.run()
    }

    /// Goes back to the engine that came with baigo.
    ///
    /// - Throws: `FileError`, `StoreError`.
    package func deactivateEngine(wait: Duration = .zero) throws -> EngineActivationResult {
        guard try folder(StoreLayout.engines) != nil else {
            return EngineActivationResult(active: nil, previous: nil, isChanged: false)
        }
        return try EngineSwitch(
            try writingEngines("engine.activate", wait), .activate, prove: { _ in .null }, choose: { _, _ in nil }
        ).run()
    }

    private func writingEngines(_ purpose: String, _ wait: Duration) throws -> WritingHome {
        try WritingHome(home, context: context, purpose: purpose, waiting: wait)
    }
}

/// The switch to another engine under the store's lock.
struct EngineSwitch {
    private static let area = "engine-trial"

    private let writing: WritingHome
    private let action: ActivationEntry.Action
    private let prove: (EngineTrial) throws -> JSONValue
    private let choose: (EngineShelf, [String?]) throws -> StoredEngine?

    /// Prepares a switch.
    ///
    /// - Parameters:
    ///   - writing: The store under its lock.
    ///   - action: What the history says.
    ///   - prove: Proves the engine that was laid out.
    ///   - choose: The engine, `nil` for the one that came with baigo; it gets what was active, the last one last.
    init(
        _ writing: WritingHome, _ action: ActivationEntry.Action, prove: @escaping (EngineTrial) throws -> JSONValue,
        choose: @escaping (EngineShelf, [String?]) throws -> StoredEngine?
    ) {
        self.writing = writing
        self.action = action
        self.prove = prove
        self.choose = choose
    }

    static var nothingOlder: StoreError {
        StoreError(
            .nothingOlder, "no other engine was active before that is still there",
            hint: "See baigo engine list; baigo engine activate takes any of them, or \(EngineShelf.builtIn).")
    }

    /// Carries it out.
    ///
    /// - Throws: What stands against it, after an audit line that says so; then the old engine is active.
    func run() throws -> EngineActivationResult {
        let shelf = try writing.engineShelf()
        let before = try shelf.namedActive()
        let chosen = try choose(shelf, try trail(shelf))
        let previous = before.flatMap { try? shelf.engine($0.id, $0.folderName, active: $0) }
        guard try chosen != nil || shelf.namesAny() else {
            return EngineActivationResult(active: nil, previous: nil, isChanged: false)
        }
        let event = AuditEvent(
            "engine.\(action.rawValue)", model: chosen?.reference ?? EngineShelf.builtIn,
            identity: chosen?.receipt.digest, details: ["previous": .text(before?.engine)])
        let intent = try writing.audit.intent(event)
        let isChanged = chosen.map { before?.engine != "\($0.receipt.id)/\($0.folderName)" } ?? true
        do {
            let active = try chosen.map { try layOut($0, intent) }
            if isChanged { try shelf.append(history: entry(active, intent)) }
            try shelf.publish(active: active)
        } catch {
            try? writing.discardStaging(Self.area)
            let refusal = ImportRefusal(error)
            if try retract(intent, to: before, in: shelf) {
                try writing.audit.outcome(event, refusal.result, error: refusal.identifier, of: intent)
            }
            throw error
        }
        try shelf.dropStaleReady()
        try writing.audit.outcome(event, .done, of: intent)
        let active = try shelf.active()
        return EngineActivationResult(
            active: try active.flatMap { try shelf.engine($0.id, $0.folderName, active: active) }, previous: previous,
            isChanged: isChanged)
    }

    /// What was active, step by step, without the steps that were taken back; the last one is active now.
    private func trail(_ shelf: EngineShelf) throws -> [String?] {
        var trail: [String?] = [nil]
        for entry in try shelf.readableHistory().compactMap(EngineActivation.init) {
            if entry.action == ActivationEntry.Action.rollback.rawValue,
                let index = trail.lastIndex(of: entry.engine)
            {
                trail.removeSubrange((index + 1)...)
            } else {
                trail.append(entry.engine)
            }
        }
        // The active engine may have been removed since.
        let active = try shelf.namedActive()?.engine
        if trail.last != .some(active) { trail.append(active) }
        return trail
    }

    /// Lays the engine out where it will be started from, and proves it there.
    private func layOut(_ engine: StoredEngine, _ intent: AuditHead) throws -> EngineShelf.Active {
        let place = try writing.engineShelf().folder.folder(engine.receipt.id).folder(engine.folderName)
        let package = try place.folder(EngineShelf.package)
        try engine.receipt.check(package)
        if try writing.staging.status(of: Self.area) != nil { try writing.staging.removeTree(Self.area) }
        let area = try writing.staging.folder(making: Self.area)
        let evidence = try EngineLayout(receipt: engine.receipt, package: package).run(into: area) {
            try prove(EngineTrial(engine: engine, folder: FilePath(area.path)))
        }
        try area.publish(evidence.prettyBytes, as: "engine.json")
        let ready = EngineShelf.readyName(intent.sequence)
        try writing.staging.rename(Self.area, toNew: ready, in: place)
        try place.sync()
        return EngineShelf.Active(id: engine.receipt.id, folderName: engine.folderName, ready: ready)
    }

    private func entry(_ active: EngineShelf.Active?, _ intent: AuditHead) -> JSONValue {
        [
            "action": .string(action.rawValue), "at": .string(writing.context.clock().description),
            "audit": .integer(intent.sequence), "by": .string("\(writing.context.user)@\(writing.context.host)"),
            "engine": .text(active?.engine),
        ]
    }

    /// Takes back what was written of a switch that failed.
    ///
    /// - Returns: Whether that went well; if not, the next writer ends what the audit line announced.
    private func retract(_ intent: AuditHead, to before: EngineShelf.Active?, in shelf: EngineShelf) throws -> Bool {
        do {
            // A name that changed and could not be synced has not changed for good.
            if try shelf.namedActive() != before { try shelf.publish(active: before) }
            try shelf.removeHistory(of: intent.sequence)
            try shelf.dropStaleReady()
            return true
        } catch {
            // The error that led here is the one to tell.
            return false
        }
    }
}
