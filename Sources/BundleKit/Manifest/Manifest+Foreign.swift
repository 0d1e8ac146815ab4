// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore

extension Manifest {
    /// The key under which the members of another maker's manifest are kept.
    static let foreignKey = "foreign"

    /// What a manifest of another maker is read for.
    package struct Place: Sendable {
        /// The files that are described, with the digests that are found or known.
        package let files: [ManifestFile]
        /// The name; `nil` for the manifest's own.
        package let name: PackageName?
        /// The version; `nil` for the manifest's own, or the one that follows from the content.
        package let version: PackageVersion?

        /// Makes a place.
        package init(files: [ManifestFile], name: PackageName?, version: PackageVersion?) {
            self.files = files
            self.name = name
            self.version = version
        }
    }

    /// Whether the manifest has another maker's form: a JSON object without `schemaVersion`.
    ///
    /// Bytes that are no such object are not foreign but malformed.
    package static func isForeign(_ bytes: [UInt8]) -> Bool { (try? ForeignManifest(reading: bytes)) != nil }

    /// Reads a manifest of another maker for files that are known: those of the store.
    ///
    /// - Throws: `BundleError`: `manifest`; `invalidName` where there is no name that fits.
    package init(foreign bytes: [UInt8], in place: Place) throws(BundleError) {
        guard let foreign = try ForeignManifest(reading: bytes) else {
            throw ManifestFault.error(.schemaVersion, "has a schemaVersion")
        }
        try self.init(foreign, place)
    }

    init(_ foreign: ForeignManifest, _ place: Place) throws(BundleError) {
        let name = if let given = place.name { given } else { try foreign.name() }
        let version =
            if let given = place.version {
                given
            } else if let own = try foreign.version() {
                own
            } else {
                try PackageVersion(derivedFrom: place.files)
            }
        let totalSize = try Self.sum(of: place.files)
        var json: [String: JSONValue] = [
            "files": .array(place.files.map(\.json)), Self.foreignKey: .object(foreign.json), "kind": "model",
            "name": .string(name.description), "schemaVersion": .integer(Self.schemaVersion),
            "totalSize": .integer(totalSize), "version": .string(version.description),
        ]
        let isGGUF = place.files.contains { $0.role == .weights && $0.path.lowercased().hasSuffix(".gguf") }
        if isGGUF { json["format"] = "gguf" }
        self.init(json: json, name: name, version: version, files: place.files, totalSize: totalSize)
    }

    /// Whether another maker wrote it.
    package var isForeign: Bool { json[Self.foreignKey] != nil }
}
