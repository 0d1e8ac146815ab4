// SPDX-License-Identifier: Apache-2.0

package import SystemPackage

/// The files that make up one model.
package enum ModelShards {
    /// All shards of the model that a GGUF file is one of, in their order; the file alone where it is whole.
    ///
    /// Every header is read within bounds, and they have to belong together.
    ///
    /// - Parameter path: The file, or any of its shards.
    /// - Returns: The paths, beside each other.
    /// - Throws: `BundleError`: `missingShard` naming those that are not there, `modelHeader`; `FileError`.
    package static func files(of path: FilePath) throws -> [FilePath] {
        try ModelFile(reading: path).shards().map(\.source)
    }
}
