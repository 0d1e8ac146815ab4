// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore

/// What is known of a model, and the manifest that follows from it.
struct ModelDescription {
    /// The oldest llama.cpp that is known to run what baigo packages.
    static let engineVersion = "0.5.0"
    /// Bytes of a text taken over from a model at the most; longer ones are passed over.
    private static let maximumTextBytes = 1024

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

    /// The manifest without what follows from digests.
    func draft(_ options: ModelSourceOptions) -> ManifestDraft {
        let publisher = options.publisher ?? Self.short(header?.organization)
        let displayName = Self.short(header?.name) ?? card?.values["model_name"]
        var members: [String: JSONValue] = [
            "createdAt": .string(options.createdAt.description), "createdBy": .string(options.createdBy),
            "format": .string(format), "kind": "model",
        ]
        if format == "gguf" {
            members["engine"] = ["id": "llama-cpp", "minimumVersion": .string(Self.engineVersion)]
        }
        let texts = [
            "architecture": Self.short(header?.architecture ?? configuration?.architecture),
            "displayName": displayName, "publisher": publisher, "quantization": header?.quantization,
            "repository": options.repository ?? snapshot?.repository
                ?? header?.repositoryURL.flatMap(HubSnapshot.repository(of:)),
            "revision": options.revision ?? snapshot?.revision,
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
        let candidates = [displayName].compactMap { $0 } + nameCandidates
        return ManifestDraft(
            name: options.name ?? .derived(from: candidates, publisher: publisher), version: options.version,
            members: members)
    }
}

/// A model's place on the Hugging Face Hub.
struct HubSnapshot: Equatable {
    /// `owner/name`.
    let repository: String
    /// The commit.
    let revision: String

    /// Recognises a folder of the Hub's cache by its path: `…/models--owner--name/snapshots/<commit>`.
    ///
    /// Source: huggingface_hub, "Understand caching".
    init?(folder parts: [String]) {
        guard parts.count >= 3, parts[parts.count - 2] == "snapshots" else { return nil }
        let names = parts[parts.count - 3].components(separatedBy: "--")
        guard names.count == 3, names[0] == "models", !names[1].isEmpty, !names[2].isEmpty else { return nil }
        repository = "\(names[1])/\(names[2])"
        revision = parts[parts.count - 1]
    }

    /// `owner/name` of the address of a repository on the Hub.
    static func repository(of address: String) -> String? {
        for prefix in ["https://huggingface.co/", "https://hf.co/"] where address.hasPrefix(prefix) {
            let parts = address.dropFirst(prefix.count).split(separator: "/", omittingEmptySubsequences: false)
            guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty && $0.utf8.count <= 128 }) else { return nil }
            guard parts[0] != "datasets", parts[0] != "spaces" else { return nil }
            return parts.joined(separator: "/")
        }
        return nil
    }
}

extension String {
    /// The parts between `separator`, empty ones too.
    fileprivate func components(separatedBy separator: String) -> [String] {
        var parts: [String] = []
        var rest = self[...]
        while let range = rest.firstRange(of: separator) {
            parts.append(String(rest[..<range.lowerBound]))
            rest = rest[range.upperBound...]
        }
        return parts + [String(rest)]
    }
}
