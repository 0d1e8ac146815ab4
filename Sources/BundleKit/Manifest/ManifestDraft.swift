// SPDX-License-Identifier: Apache-2.0

package import BaigoCore

/// What is known of a model before its files are hashed.
package struct ManifestDraft: Sendable, Equatable {
    package var name: PackageName
    /// `nil` for the version that is derived from the content.
    package var version: PackageVersion?
    /// Further members, by the keys of the schema; values of `nil` are left out by the caller.
    package var members: [String: JSONValue]

    /// Makes a draft.
    ///
    /// - Parameters:
    ///   - name: The name.
    ///   - version: The version, where it is given.
    ///   - members: Everything but `name`, `version`, `files`, `totalSize` and `schemaVersion`.
    package init(name: PackageName, version: PackageVersion?, members: [String: JSONValue]) {
        self.name = name
        self.version = version
        self.members = members
    }

    /// The manifest of these files.
    ///
    /// Its size depends on the digests in no way, so that room can be reserved for it before anything is hashed.
    ///
    /// - Throws: `BundleError`: `invalidRequest` for more bytes than a package can hold; `library` when OpenSSL fails.
    package func manifest(of files: [ManifestFile]) throws(BundleError) -> Manifest {
        let version = if let version { version } else { try PackageVersion(derivedFrom: files) }
        var totalSize: Int64 = 0
        for file in files {
            guard file.size <= PackageLimit.bytes - totalSize else { throw PackageLimit.tooLarge(file.path) }
            totalSize += file.size
        }
        var json = members
        json["name"] = .string(name.description)
        json["version"] = .string(version.description)
        json["files"] = .array(files.map(\.json))
        json["totalSize"] = .integer(totalSize)
        json["schemaVersion"] = .integer(Manifest.schemaVersion)
        return Manifest(json: json, name: name, version: version, files: files, totalSize: totalSize)
    }
}
