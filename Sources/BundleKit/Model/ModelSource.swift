// SPDX-License-Identifier: Apache-2.0

package import BaigoCore
package import SystemPackage

/// A model as it lies on a disk before it is packaged: which files belong to it, and what they say of it.
///
/// The rules are described in `docs/model-files.md`.
package struct ModelSource: Sendable {
    /// The files of the package, by the bytes of their names.
    package let files: [PlannedFile]
    /// The manifest as far as it does not depend on digests.
    package let draft: ManifestDraft
    /// The bytes of `metadata.json`; `nil` where the source said nothing of itself.
    package let metadata: [UInt8]?
    /// The header of the weights, or of the adapter of a source without weights; `nil` for other formats.
    package let header: GGUFHeader?
    /// What was left out, and what is odd.
    package let warnings: [Warning]

    /// Finds out what a file or folder holds.
    ///
    /// Reads headers, a card and a configuration; never the data of a tensor.
    ///
    /// - Parameters:
    ///   - path: A GGUF file, any shard of a model, or a folder.
    ///   - options: What a person says of the model, before anything that is found.
    /// - Returns: The files, and the manifest and metadata that follow from them.
    /// - Throws: `BundleError`: `notAModel`, `modelHeader`, `unsupported` for a file that is no usable GGUF,
    ///   `missingShard` naming shards that are not there, `noWeights`, `invalidRequest` where a choice has to be made
    ///   or an option does not fit, `unsafeEntryName` for names that no package can hold; `FileError`;
    ///   `CancellationError`.
    package static func inspect(_ path: FilePath, options: ModelSourceOptions) throws -> ModelSource {
        try options.check()
        var inspection = ModelInspection(options: options)
        if try FileStatus.of(path).kind == .folder {
            try inspection.readFolder(path)
        } else {
            try inspection.readFile(path)
        }
        return try inspection.result()
    }

    /// The package that this model makes.
    package var plan: PackagePlan { PackagePlan(manifest: draft, files: files, metadata: metadata) }
}
