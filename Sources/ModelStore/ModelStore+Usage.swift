// SPDX-License-Identifier: Apache-2.0

package import BaigoCore
package import BundleKit

/// The room that one model takes.
package struct ModelUsage: Sendable, Equatable {
    package let name: PackageName
    package let versions: Int
    /// How many of them are pinned.
    package let pinned: Int
    /// Bytes that only this model needs: what removing it frees.
    package let own: ByteCount
    /// Bytes that other models need too.
    package let shared: ByteCount

    /// Bytes of all its contents, each counted once.
    package var total: ByteCount { ByteCount(own.bytes.clampedAdding(shared.bytes)) }
}

/// The room that the models of a store take.
package struct StoreUsage: Sendable, Equatable {
    /// By name, in byte order.
    package let models: [ModelUsage]
    /// Bytes of all contents that some model needs, each counted once.
    package let total: ByteCount
    /// Versions that cannot be read and are not counted, and other files that cannot be read.
    package let warnings: [Warning]
}

extension ModelStore {
    /// Adds up what models need, as their receipts say.
    ///
    /// - Parameter wanted: One model; `nil` for all.
    /// - Returns: The room of each; `total` is that of all models in any case.
    /// - Throws: `StoreError`: `modelNotFound`, `ambiguous`; `FileError`.
    package func usage(of wanted: PackageName? = nil) throws -> StoreUsage {
        guard let (root, _) = try home.reading(), let models = try home.folder(StoreLayout.models, in: root) else {
            if let wanted { throw Resolver(names: []).unknown(wanted) }
            return StoreUsage(models: [], total: ByteCount(0), warnings: [])
        }
        let (names, faults) = try Catalog(models: models, root: root).readableNames()
        let chosen = try wanted.map { [try Resolver(names: names).fullName(of: $0)] } ?? names
        var contents: [PackageName: [SHA256Digest: Int64]] = [:]
        var counts: [PackageName: Int] = [:]
        var pins: [PackageName: Int] = [:]
        var users: [SHA256Digest: Int] = [:]
        var warnings = faults.map(\.asWarning)
        func look(_ body: () throws -> Void) throws {
            do { try body() } catch let error as any PresentableError { warnings.append(error.asWarning) }
        }
        for name in names {
            var sizes: [SHA256Digest: Int64] = [:]
            try look {
                guard let model = try ModelFolder(name, in: models) else { return }
                let folders = try model.versionFolders()
                try look { pins[name] = try model.pinned().intersection(folders).count }
                for folder in folders {
                    try look {
                        guard let version = try VersionFolder(folder, in: model) else { return }
                        for file in version.receipt.files { sizes[file.sha256] = file.size }
                        counts[name, default: 0] += 1
                    }
                }
            }
            for digest in sizes.keys { users[digest, default: 0] += 1 }
            contents[name] = sizes
        }
        var all: [SHA256Digest: Int64] = [:]
        for sizes in contents.values { all.merge(sizes) { $1 } }
        let usages = chosen.compactMap { name -> ModelUsage? in
            guard let sizes = contents[name], let versions = counts[name] else { return nil }
            return ModelUsage(
                name: name, versions: versions, pinned: pins[name] ?? 0,
                own: ByteCount(sizes.filter { users[$0.key] == 1 }.values.clampedSum),
                shared: ByteCount(sizes.filter { users[$0.key] != 1 }.values.clampedSum))
        }
        return StoreUsage(models: usages, total: ByteCount(all.values.clampedSum), warnings: warnings)
    }
}
