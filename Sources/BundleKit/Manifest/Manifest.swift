// SPDX-License-Identifier: Apache-2.0

package import BaigoCore

/// What a package says of itself: the content of `manifest.json`, schema 1.
///
/// Keys that this version does not know are kept in `json`. The format is described in `docs/package-format.md`.
package struct Manifest: Sendable, Equatable {
    /// The schema that this version writes and reads.
    package static let schemaVersion: Int64 = 1
    /// Bytes that are read at the most.
    package static let maximumBytes = 16 << 20
    /// Bytes of all files together at the most, so that whatever is added to them can still be counted.
    package static let maximumTotalBytes: Int64 = 1 << 60

    /// All members as they were read.
    package let json: [String: JSONValue]
    package let name: PackageName
    package let version: PackageVersion
    /// Everything listed, in the manifest's order.
    package let files: [ManifestFile]
    /// Bytes of all files together.
    package let totalSize: Int64

    init(json: [String: JSONValue], name: PackageName, version: PackageVersion, files: [ManifestFile], totalSize: Int64)
    {
        self.json = json
        self.name = name
        self.version = version
        self.files = files
        self.totalSize = totalSize
    }

    /// The form that baigo writes: UTF-8, keys by code point, two-space indent, one LF at the end.
    package var bytes: [UInt8] { JSONValue.object(json).prettyBytes }

    /// The digest of the content: of the written form without `createdAt` and `createdBy`.
    ///
    /// - Throws: `BundleError` when OpenSSL fails.
    package func contentDigest() throws(BundleError) -> SHA256Digest {
        let lasting = json.filter { $0.key != "createdAt" && $0.key != "createdBy" }
        return try SHA256Digest(of: JSONValue.object(lasting).prettyBytes)
    }
}

extension Manifest {
    package var kind: String { json["kind"]?.string ?? "model" }
    package var format: String? { json["format"]?.string }
    package var architecture: String? { json["architecture"]?.string }
    /// Tokens.
    package var contextLength: Int64? { json["contextLength"]?.integer }
    package var createdAt: String? { json["createdAt"]?.string }
    package var createdBy: String? { json["createdBy"]?.string }
    package var displayName: String? { json["displayName"]?.string }
    /// The licence as an SPDX identifier or the words of the source.
    package var licenseID: String? { json["license"]?["id"]?.string }
    /// The entry that holds the licence's text.
    package var licenseFile: String? { json["license"]?["file"]?.string }
    /// Number of parameters.
    package var parameters: Int64? { json["parameters"]?.integer }
    package var publisher: String? { json["publisher"]?.string }
    package var quantization: String? { json["quantization"]?.string }
    package var repository: String? { json["repository"]?.string }
    package var revision: String? { json["revision"]?.string }
    package var sourceURL: String? { json["sourceURL"]?.string }
    /// What the model was made from, as its makers name it.
    package var baseModels: [String] { texts("baseModels") }
    /// Languages, as the card spells them.
    package var languages: [String] { texts("languages") }
    package var tags: [String] { texts("tags") }
    /// What the model is for, in the words of the Hugging Face Hub: `text-generation`.
    package var task: String? { json["task"]?.string }

    private func texts(_ key: String) -> [String] {
        if let text = json[key]?.string { return [text] }
        return (json[key]?.array ?? []).compactMap(\.string)
    }

    /// The names of weights, in byte order: the first shard first.
    package var weights: [ManifestFile] {
        files.filter { $0.role == .weights }.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
    }
}
