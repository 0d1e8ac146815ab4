// SPDX-License-Identifier: Apache-2.0

package import BaigoCore

/// What an engine pack says of itself: a manifest of schema 1 and kind `engine`, or another maker's.
package struct EngineManifest: Sendable {
    package static let kind = "engine"
    /// The worker that speaks with baigo.
    package static let workerName = "baigo-engine"
    /// The server of llama.cpp.
    package static let serverName = "llama-server"
    /// Proves a backend.
    package static let probeName = "baigo-backend-probe"
    /// Programs that a pack may have at its top; they alone become executable.
    package static let programNames: Set<String> = [
        workerName, serverName, probeName, "llama-bench", "llama-cli", "llama-completion", "llama-quantize",
    ]

    /// What `baigo engine activate` calls the engine that came with baigo, and files beside the engines of a store.
    private static let reservedIDs: Set = ["built-in", "active", "history.jsonl"]

    /// All members as they were read.
    package let json: [String: JSONValue]
    /// `llama-cpp`.
    package let id: String
    package let version: PackageVersion
    package let target: EngineTarget
    /// Every file but the lists, where the maker lists them all.
    let files: [ManifestFile]?
    /// The digests that another maker's manifest has, by the names it has them under.
    let stated: ForeignManifest?

    /// Whether it follows baigo's own schema.
    package var isOwn: Bool { files != nil }
    /// The kind that signatures of the list count for.
    var kind: String { json["kind"]?.string ?? "" }
    /// The commit of ggml that the libraries were built from.
    package var ggmlCommit: String? { json["engine"]?["ggmlCommit"]?.string }
    /// The release of llama.cpp.
    package var llamaVersion: String? { json["engine"]?["llamaVersion"]?.string }
    /// The oldest C library that the pack is known to run with: `2.36`.
    package var libraryVersion: String? { json["engine"]?["glibc"]?.string }

    /// Reads `manifest.json`.
    ///
    /// - Parameters:
    ///   - bytes: The file.
    ///   - name: What the pack's file is called, for what another maker's manifest leaves out.
    /// - Throws: `BundleError`: `manifest`, `unsupported`, `unsafeEntryName`; `enginePack` where something is missing or
    ///   said in two ways.
    init(reading bytes: [UInt8], named name: EngineFileName?) throws(BundleError) {
        let members = try ManifestFault.members(of: bytes)
        json = members
        if members["kind"] == nil {
            files = nil
            var open = members
            open["schemaVersion"] = nil
            stated = try ForeignManifest(reading: JSONValue.object(open).compactBytes)
        } else {
            let manifest = try Manifest(reading: bytes, kind: Self.kind)
            files = manifest.files
            stated = nil
        }
        let said = EngineStatements(members, isOwn: files != nil)
        let known = files == nil ? name : nil
        id = try EngineStatements.one("id", said.id, known?.id)
        do throws(BundleError) {
            let parts = try PackageName(validating: id)
            version = try PackageVersion(validating: try EngineStatements.one("version", said.version, known?.version))
            guard parts.publisher == nil else { throw Self.fault("an id \(id.excerptForOneLine) with a slash") }
            try Self.check(id: id)
        } catch {
            throw error.code == .enginePack ? error : Self.fault("a bad id or version: \(error.message)")
        }
        target = EngineTarget(
            os: try EngineStatements.one("os", said.os, known?.target.os),
            architecture: try EngineStatements.one("arch", said.architecture, known?.target.architecture),
            accelerator: try EngineStatements.one(
                "accelerator", said.accelerator(beside: known?.target.accelerator), known?.target.accelerator),
            variant: said.variant ?? known?.target.variant)
        for word in [target.os, target.architecture, target.accelerator, target.variant ?? "x"] {
            do throws(BundleError) { _ = try PackageVersion(validating: word) } catch {
                throw Self.fault("a bad word for its target: \(word.excerptForOneLine)")
            }
        }
    }

    /// Refuses ids that stand for something else in the store or on a command line.
    ///
    /// - Throws: `BundleError`, code `invalidName`.
    package static func check(id: String) throws(BundleError) {
        guard reservedIDs.contains(EntryName.folded(id)) else { return }
        throw BundleError(
            .invalidName, "\(id.excerptForOneLine) is no id of an engine pack: it stands for something else",
            hint: "Choose another id, such as baigo-llama-cpp.")
    }

    static func fault(_ reason: String) -> BundleError {
        BundleError(
            breaking: EngineRule.target, "validation failed: the engine pack has \(reason)",
            hint: "Get the pack again from its maker, under the name that it has there.")
    }
}

/// What a manifest says of id, version and target, wherever it says it.
private struct EngineStatements {
    let id: String?
    let version: String?
    let os: String?
    let architecture: String?
    let accelerator: String?
    let variant: String?

    init(_ members: [String: JSONValue], isOwn: Bool) {
        let inner = isOwn ? [] : ["platform", "target", "engine"].compactMap { members[$0]?.object }
        func text(_ keys: String...) -> String? {
            for place in [members] + inner {
                for key in keys {
                    if let text = place[key]?.string, !text.isEmpty { return text }
                }
            }
            return nil
        }
        id = isOwn ? members["name"]?.string : text("id", "engineId")
        version = text("version")
        os = text("os").map(EngineTarget.os)
        architecture = text("arch").map(EngineTarget.architecture)
        accelerator = text("accelerator").map {
            EngineTarget.accelerator($0, version: text("acceleratorVersion"))
        }
        variant = text("variant")
    }

    /// The accelerator, as the name has it where that only says more: `cuda12` for `cuda`.
    func accelerator(beside known: String?) -> String? {
        guard let accelerator, let known, known.hasPrefix(accelerator) else { return accelerator }
        return known
    }

    /// The one value of two sources.
    static func one(_ what: String, _ stated: String?, _ known: String?) throws(BundleError) -> String {
        if let stated, let known, stated != known {
            throw EngineManifest.fault(
                "the \(what) \(stated.excerptForOneLine) in its manifest and \(known.excerptForOneLine) in its name")
        }
        guard let value = stated ?? known else { throw EngineManifest.fault("no \(what), in manifest or name") }
        return value
    }
}
