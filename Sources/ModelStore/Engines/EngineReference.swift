// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import BundleKit

/// What a person calls an engine of the store: `id`, `id:version` or `id:version-build`.
package struct EngineReference: Sendable, Hashable, CustomStringConvertible {
    package let id: String
    /// The version, with or without what it is built for; `nil` for the only one there is.
    package let version: String?

    /// Takes a reference apart.
    ///
    /// - Throws: `StoreError`, code `invalidReference`.
    package init(_ text: String) throws(StoreError) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        for part in parts {
            do throws(BundleError) { _ = try PackageVersion(validating: part) } catch {
                throw StoreError(
                    .invalidReference, "\(text.escapedForOneLine) names no engine: \(error.message)",
                    hint: "Name one as baigo engine list shows it.", cause: error)
            }
        }
        id = parts[0]
        version = parts.count > 1 ? parts[1] : nil
    }

    package var description: String { version.map { "\(id):\($0)" } ?? id }

    /// Whether an engine may be meant.
    func fits(_ engine: StoredEngine) -> Bool {
        guard id == engine.receipt.id else { return false }
        return version.map { [engine.receipt.version, engine.folderName].contains($0) } ?? true
    }
}
