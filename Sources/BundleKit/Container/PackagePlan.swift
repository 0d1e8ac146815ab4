// SPDX-License-Identifier: Apache-2.0

package import SystemPackage

/// A file that is going to be part of a package.
package struct PlannedFile: Sendable, Equatable {
    /// The entry's name: `model/x.gguf`.
    package let path: String
    /// What it is for.
    package let role: FileRole
    /// Where it is now.
    package let source: FilePath
    /// Bytes, as of when the plan was made.
    package let size: Int64

    /// Makes a planned file.
    package init(path: String, role: FileRole, source: FilePath, size: Int64) {
        self.path = path
        self.role = role
        self.source = source
        self.size = size
    }
}

/// What a package is going to hold, before anything is hashed.
package struct PackagePlan: Sendable, Equatable {
    /// The manifest as far as it does not depend on digests.
    package let manifest: ManifestDraft
    /// The files under `model/`, by the bytes of their names.
    package let files: [PlannedFile]
    /// The bytes of `metadata.json`; `nil` for a package without.
    package let metadata: [UInt8]?

    /// Makes a plan.
    package init(manifest: ManifestDraft, files: [PlannedFile], metadata: [UInt8]?) {
        self.manifest = manifest
        self.files = files
        self.metadata = metadata
    }
}
