// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore

/// A manifest of another maker: strict JSON in which pairs of a file's name and its SHA-256 count, wherever they are.
///
/// The recognised keys are listed in `docs/package-format.md`.
struct ForeignManifest {
    private static let pathKeys = ["path", "file", "filename", "file_name", "filepath"]
    private static let digestKeys = ["sha256", "sha256sum", "sha-256", "digest", "checksum", "hash"]
    private static let nameKeys = ["name", "model", "modelname", "model_name", "model_id", "modelid", "id"]
    private static let versionKeys = ["version", "modelversion", "model_version", "revision"]
    /// Objects whose name and version may stand for the package's.
    private static let describingKeys = ["model", "package", "bundle", "metadata"]

    /// Bytes above which no key is one of these: a letter in another case has at most three.
    private static let longestKey = 48

    let json: [String: JSONValue]
    /// Pairs of name and digest as the manifest has them.
    private(set) var pairs: [Pair] = []

    struct Pair {
        let path: String
        let digest: SHA256Digest
        /// Whether it can only mean a file, so that one that is not there is missing.
        let isFile: Bool
    }

    /// - Returns: `nil` for a manifest with `schemaVersion`, which has to follow a schema.
    /// - Throws: `BundleError`: `manifest`; `digestMismatch` for two digests of one file.
    init?(reading bytes: [UInt8]) throws(BundleError) {
        let members = try ManifestFault.members(of: bytes)
        guard members["schemaVersion"] == nil else { return nil }
        json = members
        try collect(.object(members))
    }

    private mutating func collect(_ value: JSONValue) throws(BundleError) {
        switch value {
        case .object(let members):
            if let pair = Self.pair(of: members) { pairs.append(pair) }
            for (key, member) in members.sorted(by: { $0.key < $1.key }) {
                // {"files": {"model/x.gguf": "hex"}}
                if !Self.digestKeys.contains(key.lowercased()), let digest = Self.digest(member) {
                    pairs.append(Pair(path: key, digest: digest, isFile: key.contains(".") || key.contains("/")))
                } else if case .object(let inner) = member, Self.pair(of: inner) == nil,
                    let digest = Self.member(Self.digestKeys, of: inner).flatMap(Self.digest)
                {
                    pairs.append(Pair(path: key, digest: digest, isFile: key.contains(".") || key.contains("/")))
                }
                try collect(member)
            }
        case .array(let elements):
            for element in elements { try collect(element) }
        case .null, .bool, .integer, .decimal, .string: break
        }
    }

    private static func pair(of members: [String: JSONValue]) -> Pair? {
        guard let digest = member(digestKeys, of: members).flatMap(digest) else { return nil }
        if let path = member(pathKeys, of: members)?.string { return Pair(path: path, digest: digest, isFile: true) }
        return member(["name"], of: members)?.string.map { Pair(path: $0, digest: digest, isFile: false) }
    }

    private static func member(_ keys: [String], of members: [String: JSONValue]) -> JSONValue? {
        self.members(keys, of: members).first
    }

    /// The members of these keys that are there, in any case; of several spellings the first in order.
    private static func members(_ keys: [String], of members: [String: JSONValue]) -> [JSONValue] {
        var found: [String: String] = [:]
        for key in members.keys where key.utf8.count <= longestKey {
            let lowered = key.lowercased()
            if keys.contains(lowered) { found[lowered] = min(key, found[lowered] ?? key) }
        }
        return keys.compactMap { found[$0].flatMap { members[$0] } }
    }

    /// 64 hexadecimal digits in any case, `sha256:` in front or not.
    private static func digest(_ value: JSONValue) -> SHA256Digest? {
        guard var text = value.string?.lowercased() else { return nil }
        for prefix in ["sha256:", "sha-256:", "sha256-"] where text.hasPrefix(prefix) {
            text.removeFirst(prefix.count)
        }
        return SHA256Digest(hex: text)
    }

    /// Finds the file that each pair means, and the digest of each file.
    ///
    /// - Throws: `BundleError`: `disagreement` where a base name fits two files, or a path none; `digestMismatch` for
    ///   two digests of one file.
    func digests(of names: [String]) throws(BundleError) -> [String: SHA256Digest] {
        let known = Set(names)
        let byBase = Dictionary(grouping: names) { $0.split(separator: "/").last.map(String.init) ?? $0 }
        var digests: [String: SHA256Digest] = [:]
        for pair in pairs {
            let (text, digest) = (pair.path, pair.digest)
            let path = text.hasPrefix("./") ? String(text.dropFirst(2)) : text
            let name: String
            if known.contains(path) {
                name = path
            } else if known.contains("model/" + path) {
                name = "model/" + path
            } else if !path.contains("/"), let fitting = byBase[path] {
                guard fitting.count == 1 else {
                    throw BundleError(
                        .disagreement,
                        "validation failed: manifest.json names \(path.excerptForOneLine), which fits \(fitting.count) files: "
                            + fitting.sorted().prefix(4).joined(separator: ", "),
                        hint: "Ask the sender for a package whose manifest has whole paths.")
                }
                name = fitting[0]
            } else if pair.isFile, !Self.isOwn(path) {
                throw BundleError(
                    .missingEntry, "validation failed: \(path.excerptForOneLine) is listed but not in the package",
                    hint: "Ask the sender for a new copy of the package.")
            } else {
                // A digest of something else, of the model's source for example, is none of a file.
                continue
            }
            guard digests.updateValue(digest, forKey: name) ?? digest == digest else {
                throw BundleError(
                    .digestMismatch, "checksum verification failed: manifest.json has two digests for \(name)",
                    hint: "Do not use this copy; get the package again from its source.")
            }
        }
        return digests
    }

    private static func isOwn(_ path: String) -> Bool {
        ChecksumList.unlistedNames.contains(path) || path == PackageEntryName.manifest
    }

    /// The package's name by the manifest.
    ///
    /// - Throws: `BundleError`, code `invalidName`, where there is none that fits.
    func name() throws(BundleError) -> PackageName {
        guard let text = described(Self.nameKeys) else {
            throw BundleError(
                .invalidName, "manifest.json of another maker has no name for the model",
                hint: "Use --name and --version.")
        }
        do throws(BundleError) { return try PackageName(validating: text) } catch {
            throw BundleError(.invalidName, error.message, hint: "Use --name and --version.")
        }
    }

    /// The version by the manifest, if there is one.
    ///
    /// - Throws: `BundleError`, code `invalidName`, where it does not fit.
    func version() throws(BundleError) -> PackageVersion? {
        guard let text = described(Self.versionKeys) else { return nil }
        do throws(BundleError) { return try PackageVersion(validating: text) } catch {
            throw BundleError(.invalidName, error.message, hint: "Use --version.")
        }
    }

    private func described(_ keys: [String]) -> String? {
        let objects = [json] + Self.describingKeys.compactMap { Self.member([$0], of: json)?.object }
        return objects.lazy.compactMap { members in
            Self.members(keys, of: members).lazy.compactMap(\.string).first { !$0.isEmpty }
        }.first
    }
}
