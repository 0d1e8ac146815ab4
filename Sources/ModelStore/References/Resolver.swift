// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import BundleKit

/// Finds what a reference stands for.
struct Resolver {
    /// The names of all models.
    let names: [PackageName]

    /// The full name that a name stands for: itself, or the only one with a publisher.
    ///
    /// - Throws: `StoreError`: `modelNotFound`, with the names that differ only in case, or `ambiguous`, with all that
    ///   fit.
    func fullName(of name: PackageName) throws(StoreError) -> PackageName {
        if names.contains(name) { return name }
        let fitting = name.publisher == nil ? names.filter { $0.model == name.model } : []
        if fitting.count == 1 { return fitting[0] }
        guard fitting.isEmpty else {
            let list = fitting.map(\.description).joined(separator: ", ")
            throw StoreError(
                .ambiguous, "\"\(name)\" fits several models: \(list)", hint: "Name it with its publisher.")
        }
        throw unknown(name)
    }

    /// Says that there is no such model, and which name was perhaps meant.
    func unknown(_ name: PackageName) -> StoreError {
        let folded = name.description.lowercased()
        let similar = names.first {
            $0.description.lowercased() == folded || (name.publisher == nil && $0.model.lowercased() == folded)
        }
        return StoreError(
            .modelNotFound, "there is no model \(name) in the store",
            hint: similar.map { "Did you mean \($0)? Names are told apart by case." }
                ?? "See baigo list, or import the model's package.")
    }

    /// The version of a model that a reference stands for.
    ///
    /// Of several versions with equal numbers it is the first, the newest, unless digits of the identity say otherwise.
    ///
    /// - Throws: `StoreError`: `versionNotFound`, `noActiveVersion` or `ambiguous`.
    static func version(of reference: ModelReference, among versions: [StoredVersion]) throws(StoreError)
        -> StoredVersion
    {
        guard let wanted = reference.version else {
            if let active = versions.first(where: \.isActive) { return active }
            throw StoreError(
                .noActiveVersion, "no version of \(reference.name) is active",
                hint: hint(versions))
        }
        let numbered = versions.filter { $0.version == wanted }
        let fitting = numbered.filter { $0.identity.hex.hasPrefix(reference.identityPrefix ?? "") }
        guard let newest = fitting.first else {
            throw StoreError(
                .versionNotFound, "there is no \(reference) in the store",
                hint: hint(versions))
        }
        if fitting.count > 1, reference.identityPrefix != nil {
            throw StoreError(
                .ambiguous, "\(reference) fits several versions: \(list(fitting))",
                hint: "Give more digits of the identity.")
        }
        return newest
    }

    private static func hint(_ versions: [StoredVersion]) -> String {
        versions.isEmpty ? "See baigo list." : "There are: \(list(versions))."
    }

    private static func list(_ versions: [StoredVersion]) -> String {
        let shown = versions.prefix(8).map(\.exactReference.description).joined(separator: ", ")
        return versions.count > 8 ? shown + ", …" : shown
    }
}
