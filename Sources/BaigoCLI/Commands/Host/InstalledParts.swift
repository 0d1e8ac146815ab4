// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import EngineClient
internal import EngineWire
internal import ModelStore
internal import SystemPackage

/// Which models and engines are in the store, since when and from where, and what this host has to run them on.
struct InstalledParts {
    private let hardware = HostHardware.ofThisHost()
    private let models: [(version: StoredVersion, source: String?)]
    private let engines: EngineListing
    let warnings: [Warning]

    /// Looks into a store.
    ///
    /// - Throws: `StoreError`, `FileError`.
    init(_ store: ModelStore) throws {
        let listing = try store.list()
        var warnings = listing.warnings
        models = listing.models.flatMap(\.versions).map { version in
            do {
                return (version, try store.resolve(version.exactReference, checkingSizes: false).receipt.source)
            } catch {
                if let error = error as? any PresentableError { warnings.append(error.asWarning) }
                return (version, nil)
            }
        }
        engines = try store.engines()
        warnings += engines.warnings
        if let active = engines.active, let warning = Self.otherMachine(active, hardware) { warnings.append(warning) }
        self.warnings = warnings
    }

    /// A warning where the active engine was proved on another processor.
    private static func otherMachine(_ engine: StoredEngine, _ hardware: HostHardware) -> Warning? {
        guard let ready = engine.ready else { return nil }
        let proved: String?
        do {
            proved = try JSONValue(strict: Folder.open(ready).bytes(of: "engine.json"))["processor"]?.string
        } catch {
            return Warning(
                identifier: StoreError.Code.damaged.rawValue,
                message: "\(engine.reference) is active and has lost what its proof found; run baigo engine activate")
        }
        guard let proved, proved != hardware.processor else { return nil }
        return Warning(
            identifier: EngineError.Code.incompatible.rawValue,
            message: "\(engine.reference) was proved on another processor (\(proved.escapedForOneLine)); run baigo "
                + "engine activate \(engine.reference)")
    }

    /// Members for `doctor --json`.
    var json: [String: JSONValue] {
        [
            "hardware": hardware.json,
            "installed": [
                "engines": .array(
                    engines.engines.map { engine in
                        .object(engine.json(on: hardware))
                    }),
                "models": .array(
                    models.map { model in
                        [
                            "active": .bool(model.version.isActive), "from": .text(model.source),
                            "identity": .string(model.version.identity.description),
                            "importedAt": .string(model.version.importedAt.description),
                            "reference": .string(model.version.exactReference.description),
                        ]
                    }),
            ],
        ]
    }

    /// Adds the engines, and what the host has.
    func add(to card: inout TextCard) {
        for engine in engines.engines {
            let obstacles = engine.obstacles(on: hardware)
            let fit = obstacles.isEmpty ? "fits" : "does not fit: it is \(obstacles.joined(separator: "; "))"
            card.add(
                "engine pack",
                "\(engine.reference)\(engine.isActive ? " (in use)" : ""), imported \(engine.receipt.importedAt) from "
                    + "\(engine.receipt.source), \(fit)")
        }
        for found in hardware.cards { card.add("card", "\(found.name) (\(found.maker.rawValue))") }
        card.add("NVIDIA", hardware.nvidiaDriver.map { "driver \($0)" })
        card.add("AMD", hardware.hasComputeDriver ? "compute driver" : nil)
        card.add("Vulkan", hardware.hasVulkanLoader ? hardware.vulkanDrivers.joined(separator: ", ") : nil)
    }
}
