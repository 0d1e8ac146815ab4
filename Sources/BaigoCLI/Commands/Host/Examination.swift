// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import BundleKit
internal import EngineClient
internal import EngineWire
internal import ModelStore
internal import SystemPackage

/// What `doctor` finds; a part that fails becomes a warning and leaves the others alone.
struct Examination {
    private let host: Host
    private var home: FilePath?
    private var engine: (path: FilePath, description: EngineDescription)?
    private var record: EngineRecord?
    private var freeSpace: ByteCount?
    private var modelCount: Int?
    private var system: (home: String, models: Int)?
    private var staged: [StagedImport] = []
    private var keys: [TrustedKey] = []
    private var isLatched = false
    private var installed: InstalledParts?
    private var warnings: [Warning] = []

    init(_ context: CommandContext) throws {
        var faults: [Warning] = []
        host = Host(examining: context) { faults.append($0.asWarning) }
        warnings = faults
        try examine { $0.home = try $0.host.home }
        try examine { examination in
            let path = try examination.host.engine()
            let session = try EngineSession(engine: path)
            defer { session.close() }
            let description = try session.describe()
            examination.engine = (path, description)
            examination.record = try EngineRecord(besideLibrariesIn: FilePath(description.libraryFolder))
        }
        for backend in record?.backends ?? [] where backend.isLeftOut {
            warnings.append(
                Warning(
                    identifier: "engine.backend-left-out",
                    message: "the backend \(backend.name) is left out: \(backend.reason)"))
        }
        if let home {
            try examine { $0.freeSpace = try Folder.nearest(to: home).freeSpace() }
            try examineStore()
        }
        if Timestamp.now < BaigoRelease.date {
            warnings.append(
                Warning(identifier: "environment.clock", message: "the clock is before the release of this baigo"))
        } else {
            try examine { _ in try BuildClock.check() }
        }
    }

    private mutating func examineStore() throws {
        let host = host
        try examine { $0.modelCount = try host.store().list().models.count }
        try examine { examination in
            guard let store = try host.shelf().system() else { return }
            examination.system = (store.path.string, try store.list().models.count)
        }
        try examine { examination in
            let installed = try InstalledParts(host.store())
            examination.installed = installed
            examination.warnings += installed.warnings
        }
        try examine { $0.staged = try host.store().stagedImports() }
        try examine { examination in
            let store = try host.store()
            examination.keys = try store.keyRing()?.list() ?? []
            examination.isLatched = try Trust(store).requiresSignature
        }
    }

    private mutating func examine(_ part: (inout Examination) throws -> Void) throws {
        do {
            try part(&self)
        } catch let error as any PresentableError {
            warnings.append(error.asWarning)
        }
    }

    var json: [String: JSONValue] {
        [
            "baigo": ["version": .string(BaigoRelease.version)],
            "engine": engine.map { engineJSON($0.path, $0.description) } ?? .null,
            "store": [
                "home": .text(home?.string), "freeBytes": .number(freeSpace?.bytes),
                "models": .number(modelCount), "staged": .array(staged.map(\.json)),
            ],
            "systemStore": system.map { ["home": .string($0.home), "models": .integer(Int64($0.models))] } ?? .null,
            "trust": ["keys": .array(keys.map(\.json)), "signatureRequired": .bool(isLatched)],
            "offline": .bool(host.configuration.isOffline), "warnings": warnings.json,
        ].merging(installed?.json ?? [:]) { $1 }
    }

    private func engineJSON(_ path: FilePath, _ engine: EngineDescription) -> JSONValue {
        [
            "path": .string(path.string), "linkedVersion": .string(engine.linkedVersion),
            "loadedVersion": .string(engine.loadedVersion), "ggmlVersion": .string(engine.ggmlVersion),
            "ggmlCommit": .string(engine.ggmlCommit), "cpuBackend": .text(engine.cpuBackend),
            "cpuFeatures": .array(engine.cpuFeatures.map(JSONValue.string)),
            "backends": .array(
                (record?.backends ?? []).map {
                    ["name": .string($0.name), "verdict": .string($0.verdict), "reason": .string($0.reason)]
                }),
            "protections": .array(engine.protections.map(JSONValue.string)),
            "missingProtections": .array(engine.missingProtections.map(JSONValue.string)),
            "devices": .array(
                engine.devices.map { device in
                    [
                        "backend": .string(device.backend), "name": .string(device.name),
                        "hardware": .string(device.hardware), "kind": .string(device.kind.rawValue),
                        "freeBytes": .number(device.freeBytes), "totalBytes": .number(device.totalBytes),
                    ]
                }),
        ]
    }

    var text: String {
        var card = TextCard()
        card.add("baigo", BaigoRelease.version)
        if let (path, engine) = engine {
            card.add("engine", path.string)
            card.add("llama.cpp", "linked \(engine.linkedVersion), loaded \(engine.loadedVersion)")
            card.add("ggml", "\(engine.ggmlVersion) (\(engine.ggmlCommit))")
            card.add("CPU backend", engine.cpuBackend)
            for device in engine.devices {
                let memory = device.totalBytes > 0 ? ", \(ByteCount(device.totalBytes))" : ""
                card.add("device", "\(device.name): \(device.hardware) (\(device.backend)\(memory))")
            }
            card.add("worker", engine.protections.joined(separator: ", "))
            let missing = engine.missingProtections
            card.add("not possible", missing.isEmpty ? nil : missing.joined(separator: ", "))
        } else {
            card.add("engine", "none")
        }
        installed?.add(to: &card)
        card.add("home", home?.string ?? "not known")
        card.add("free space", freeSpace?.description)
        card.add("models", modelCount.map(String.init))
        card.add("system store", system.map { "\($0.home), \($0.models) models" })
        for entry in staged {
            let age = Timestamp.now.secondsSinceEpoch - entry.changedAt.secondsSinceEpoch
            let model = entry.model?.escapedForOneLine ?? entry.name
            card.add(
                "staged",
                "\(model) (\(entry.name.prefix(12))): \(entry.size), unchanged for \(max(age, 0)) s; "
                    + "its import goes on from there, or baigo gc removes it")
        }
        card.add("trusted keys", keys.isEmpty ? "none" : keys.map(\.fingerprint).joined(separator: ", "))
        card.add("signatures", isLatched ? "required" : "not required")
        card.add("offline", host.configuration.isOffline ? "yes" : "no")
        return card.text + warnings.map { "warning: \($0.message.escapedForTerminal)\n" }.joined()
    }
}
