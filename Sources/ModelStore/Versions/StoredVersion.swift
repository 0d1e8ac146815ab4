// SPDX-License-Identifier: Apache-2.0

package import BaigoCore
package import BundleKit

/// One version of a model in the store, as lists show it.
package struct StoredVersion: Sendable, Equatable {
    package let name: PackageName
    package let version: PackageVersion
    package let identity: SHA256Digest
    package let content: SHA256Digest
    /// Whether the bare name stands for this version.
    package var isActive: Bool
    /// Whether it is not removed without force.
    package internal(set) var isPinned: Bool
    package let importedAt: Timestamp
    /// Grows from import to import: the sequence number of the audit line that announced it.
    package let sequence: Int64
    /// All files of the package together.
    package let size: ByteCount
    package let summary: ModelSummary
    /// The verdict at import, `valid` or `unknown-key` for example.
    package let signatureStatus: String
    /// Whether the signature counted as trusted at import.
    package let isTrusted: Bool

    /// `name:version`.
    package var reference: ModelReference { ModelReference(name, version: version) }

    /// `name:version~identity`, which names this version and never another.
    package var exactReference: ModelReference {
        ModelReference(
            name, version: version, identityPrefix: String(identity.hex.prefix(StoreLayout.identityDigits)))
    }

    /// The name of the version's folder.
    var folderName: String { StoreLayout.folderName(version, identity) }
}

/// What a manifest says of a model, in short.
package struct ModelSummary: Sendable, Equatable {
    package let displayName: String?
    package let format: String?
    package let architecture: String?
    package let quantization: String?
    /// An SPDX identifier, or the words of the source.
    package let license: String?
    /// Number of parameters.
    package let parameters: Int64?
    /// Tokens.
    package let contextLength: Int64?

    /// Makes a summary.
    init(
        displayName: String?, format: String?, architecture: String?, quantization: String?, license: String?,
        parameters: Int64?, contextLength: Int64?
    ) {
        self.displayName = displayName
        self.format = format
        self.architecture = architecture
        self.quantization = quantization
        self.license = license
        self.parameters = parameters
        self.contextLength = contextLength
    }

    /// The summary of a manifest.
    init(of manifest: Manifest) {
        self.init(
            displayName: manifest.displayName, format: manifest.format, architecture: manifest.architecture,
            quantization: manifest.quantization, license: manifest.licenseID, parameters: manifest.parameters,
            contextLength: manifest.contextLength)
    }
}

/// A model of the store with all its versions.
package struct StoredModel: Sendable, Equatable {
    package let name: PackageName
    /// The newest first; never empty.
    package let versions: [StoredVersion]

    /// The version that the bare name stands for.
    package var active: StoredVersion? { versions.first(where: \.isActive) }
}
