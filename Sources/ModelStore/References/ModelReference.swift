// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
package import BundleKit

/// How a person names a model of the store: `name`, `name:version`, `name:version~identity`.
///
/// A name without publisher also stands for the one model of that name that has a publisher. The identity is given by
/// any number of its first hexadecimal digits.
package struct ModelReference: Sendable, Hashable, CustomStringConvertible {
    /// The name, its publisher left out where the person left it out.
    package let name: PackageName
    /// `nil` for the active version.
    package let version: PackageVersion?
    /// The first hexadecimal digits of the identity, 1 to 64 of them; only with a version.
    package let identityPrefix: String?

    /// Makes a reference to a name or to one of its versions.
    package init(_ name: PackageName, version: PackageVersion? = nil, identityPrefix: String? = nil) {
        self.name = name
        self.version = version
        self.identityPrefix = identityPrefix
    }

    /// Reads a reference.
    ///
    /// - Throws: `StoreError`, code `invalidReference`.
    package init(_ text: String) throws(StoreError) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        do throws(BundleError) {
            name = try PackageName(validating: parts[0])
            guard parts.count == 2 else {
                version = nil
                identityPrefix = nil
                return
            }
            let halves = parts[1].split(separator: "~", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            version = try PackageVersion(validating: halves[0])
            identityPrefix = halves.count == 2 ? halves[1] : nil
        } catch {
            throw Self.refusal(text, error.message, cause: error)
        }
        if let identityPrefix {
            let isHex = identityPrefix.utf8.allSatisfy { "0123456789abcdef".utf8.contains($0) }
            guard isHex, (1...64).contains(identityPrefix.utf8.count) else {
                throw Self.refusal(text, "what follows ~ is not 1 to 64 lower-case hexadecimal digits")
            }
        }
    }

    /// The reference as it is spelled on a command line.
    package var description: String {
        name.description + (version.map { ":\($0)" } ?? "") + (identityPrefix.map { "~\($0)" } ?? "")
    }

    private static func refusal(_ text: String, _ reason: String, cause: (any Error)? = nil) -> StoreError {
        StoreError(
            .invalidReference, "\"\(text.escapedForOneLine)\" names no model: \(reason)",
            hint: "Name a model as NAME, NAME:VERSION or NAME:VERSION~IDENTITY, as baigo list shows it.",
            cause: cause)
    }
}
