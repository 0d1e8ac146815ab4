// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import SystemPackage

/// A GGUF file with its header.
struct ModelFile {
    let source: FilePath
    let header: GGUFHeader
    var name: String { source.lastComponent?.string ?? source.string }
    /// The path for messages.
    var shown: String { source.string.escapedForTerminal }

    init(reading source: FilePath) throws {
        self.source = source
        header = try GGUFHeader(reading: try OwnedDescriptor.open(reading: source))
    }

    /// All shards of the model this file is one of, in order; the file alone where it is whole.
    ///
    /// - Throws: `BundleError`: `missingShard` naming those that are not beside it, `modelHeader` where shards do not
    ///   belong together; `FileError`.
    func shards() throws -> [ModelFile] {
        guard let split = header.split else { return [self] }
        guard let shard = ShardName(name), Int64(shard.count) == split.count, Int64(shard.number - 1) == split.index
        else {
            throw BundleError(
                .missingShard,
                "\(shown) is shard \(split.index + 1) of \(split.count), but its name does not say so",
                hint: "Give the shards their names back: NAME-00001-of-0000N.gguf.")
        }
        let folder = source.removingLastComponent()
        let places = (1...shard.count).map { folder.appending(shard.name(of: $0)) }
        let missing = places.filter { !Self.exists($0) }
        guard missing.isEmpty else { throw Self.missing(missing, of: shard.count) }
        let shards = try places.map { $0 == source ? self : try ModelFile(reading: $0) }
        try Self.check(shards, split)
        return shards
    }

    private static func exists(_ path: FilePath) -> Bool {
        do throws(FileError) { return try FileStatus.of(path).kind == .regular } catch { return false }
    }

    /// The refusal of a model that is not complete.
    static func missing(_ paths: [FilePath], of count: Int) -> BundleError {
        let names = paths.prefix(8).map { $0.lastComponent?.string.escapedForOneLine ?? "" }
        let more = paths.count > names.count ? " and \(paths.count - names.count) more" : ""
        return BundleError(
            .missingShard, "\(paths.count) of \(count) shards are missing: \(names.joined(separator: ", "))\(more)",
            hint: "Fetch all shards of the model into one folder.")
    }

    private static func check(_ shards: [ModelFile], _ split: GGUFSplit) throws(BundleError) {
        let architecture = shards[0].header.architecture
        for (index, shard) in shards.enumerated() {
            guard shard.header.split?.index == Int64(index), shard.header.split?.count == split.count else {
                throw shard.stranger("its header does not call it shard \(index + 1) of \(split.count)")
            }
            if let other = shard.header.architecture, other != architecture {
                throw shard.stranger(
                    "its architecture is \(other.escapedForOneLine), the first shard's "
                        + (architecture?.escapedForOneLine ?? "unknown"))
            }
        }
        let tensors = shards.reduce(0) { $0 + Int64($1.header.tensors.count) }
        if let stated = split.tensorCount, stated != tensors {
            throw shards[0].stranger("the shards have \(tensors) tensors together instead of \(stated)")
        }
    }

    private func stranger(_ reason: String) -> BundleError {
        BundleError(
            breaking: ModelHeaderRule.shards, "\(shown) does not belong to its shards: \(reason)",
            hint: "Fetch all shards again from one place.")
    }
}
