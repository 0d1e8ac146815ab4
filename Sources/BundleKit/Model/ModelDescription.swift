// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore

/// What is known of a model, and the manifest that follows from it.
struct ModelDescription {
    /// The oldest llama.cpp that is known to run what baigo packages.
    static let engineVersion = "0.5.0"
    /// Bytes of a text taken over from a model at the most; longer ones are passed over.
    private static let maximumTextBytes = 1024
    private static let maximumListCount = 64

    var format = "gguf"
    /// The first shard, or the adapter of a package without weights.
    var header: GGUFHeader?
    /// Parameters of all shards.
    var parameters: Int64?
    var configuration: ModelConfiguration?
    var card: ModelCard?
    /// The entry with the licence's text.
    var licenseFile: String?
    /// Names of the source that a name can be made of, best first.
    var nameCandidates: [String] = []
    /// Repository and revision as the cache of Hugging Face names them.
    var snapshot: HubSnapshot?
    /// Whether the revision that is asked for chose the snapshot, whose commit says more.
    var choosesRevision = false
    /// The commit that all files of a folder were fetched at, as the downloader noted.
    var fetchedRevision: String?

    private static func short(_ text: String?) -> String? {
        guard let text, !text.isEmpty, text.utf8.count <= maximumTextBytes else { return nil }
        return text
    }

    /// The licence: the option, the header's or the card's; `other` counts only with its name.
    func license(_ options: ModelSourceOptions) -> String? {
        if let id = options.licenseID { return LicenseIdentifier.canonical(id) }
        let found = [
            (header?.license, header?.licenseName), (card?.values["license"], card?.values["license_name"]),
        ]
        for (words, name) in found {
            guard let words = Self.short(words) else { continue }
            guard words.lowercased() == "other" else { return LicenseIdentifier.canonical(words) }
            if let name = Self.short(name) { return LicenseIdentifier.canonical(name) }
        }
        return nil
    }

    /// What the model was made from, speaks and is for.
    private func descent(_ options: ModelSourceOptions) -> [String: JSONValue] {
        func list(_ candidates: [[String]?]) -> JSONValue? {
            let texts = candidates.lazy.map { ($0 ?? []).compactMap(Self.short).prefix(Self.maximumListCount) }
            guard let found = texts.first(where: { !$0.isEmpty }) else { return nil }
            return .array(found.map { .string($0) })
        }
        var members: [String: JSONValue] = [:]
        let asked = options.baseModels.isEmpty ? nil : options.baseModels
        members["baseModels"] = list([asked, card?.all("base_model"), header?.baseModels])
        members["languages"] = list([card?.all("language"), header?.languages])
        members["tags"] = list([card?.all("tags"), header?.tags])
        members["task"] = Self.short(card?.values["pipeline_tag"]).map { .string($0) }
        return members
    }

    /// The manifest without what follows from digests.
    func draft(_ options: ModelSourceOptions) -> ManifestDraft {
        let publisher = options.publisher ?? Self.short(header?.organization) ?? snapshot?.owner
        let ownName = options.displayName ?? Self.short(header?.name) ?? card?.values["model_name"]
        let displayName = ownName ?? snapshot?.name
        var members: [String: JSONValue] = [
            "createdAt": .string(options.createdAt.description), "createdBy": .string(options.createdBy),
            "format": .string(format), "kind": "model",
        ].merging(descent(options)) { $1 }
        if format == "gguf" {
            members["engine"] = ["id": "llama-cpp", "minimumVersion": .string(Self.engineVersion)]
        }
        let texts = [
            "architecture": Self.short(header?.architecture ?? configuration?.architecture),
            "displayName": displayName, "publisher": publisher, "quantization": header?.quantization,
            "repository": options.repository ?? snapshot?.repository
                ?? header?.repositoryURL.flatMap(HubSnapshot.repository(of:)),
            "revision": (choosesRevision ? nil : options.revision) ?? snapshot?.revision ?? fetchedRevision,
            "sourceURL": options.sourceURL ?? Self.short(header?.repositoryURL ?? header?.originURL),
        ]
        for (key, text) in texts { if let text { members[key] = .string(text) } }
        if let length = header?.contextLength ?? configuration?.contextLength {
            members["contextLength"] = .integer(length)
        }
        if let parameters { members["parameters"] = .integer(parameters) }
        var license: [String: JSONValue] = [:]
        if let licenseFile { license["file"] = .string(licenseFile) }
        if let id = self.license(options) { license["id"] = .string(id) }
        if !license.isEmpty { members["license"] = .object(license) }
        let candidates = [ownName].compactMap { $0 } + nameCandidates
        return ManifestDraft(
            name: options.name ?? .derived(from: candidates, publisher: publisher), version: options.version,
            members: members)
    }
}
