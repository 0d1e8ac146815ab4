// SPDX-License-Identifier: Apache-2.0

package import BaigoCore
package import SystemPackage

/// A pack that a folder or medium offers.
package struct EngineOffer: Sendable {
    package let id: String
    package let version: String
    package let target: EngineTarget
    /// The name of its file, without a folder.
    package let fileName: String
    /// Bytes and digest of the file by the index; `nil` where there is no index.
    package let size: Int64?
    package let sha256: SHA256Digest?
    /// Where the file is; `nil` for one that the index names and the folder does not hold.
    package let path: FilePath?

    /// Refuses a pack that is not what the index says.
    ///
    /// - Throws: `BundleError`: `sizeMismatch`, `digestMismatch`, `enginePack`.
    package func check(_ pack: EnginePack) throws(BundleError) {
        let hint = "Do not use this copy; get the pack again from its source."
        if let size, size != pack.size.bytes {
            throw BundleError(
                .sizeMismatch, "\(fileName) has \(pack.size.bytes) bytes, \(EngineIndex.fileName) says \(size)",
                hint: hint)
        }
        if let sha256, sha256 != pack.digest {
            throw BundleError(
                .digestMismatch,
                "\(fileName) has SHA-256 \(pack.digest.hex), \(EngineIndex.fileName) says \(sha256.hex)", hint: hint)
        }
        guard id == pack.manifest.id, version == pack.manifest.version.description,
            target.os == pack.manifest.target.os, target.architecture == pack.manifest.target.architecture
        else { throw EngineManifest.fault("another id, version or target than its index or name says") }
    }
}

/// What a folder or medium offers: by the index of a registry, or by the names of its files.
///
/// The index is not signed: what it says of a pack can refuse the pack, and never lets it pass.
package enum EngineIndex {
    package static let fileName = "packages.json"
    private static let maximumBytes = 16 << 20

    /// Lists the packs of a folder, by id, then the newest first.
    ///
    /// - Throws: `BundleError`, code `enginePack` or `unsafeEntryName`, for an index that cannot be used; `FileError`.
    package static func offers(in path: FilePath) throws -> [EngineOffer] {
        let folder = try Folder.open(path)
        func place(_ name: String) throws(FileError) -> FilePath? {
            guard let status = try folder.status(of: name), status.kind == .regular else { return nil }
            return path.appending(name)
        }
        let offers: [EngineOffer]
        if try folder.status(of: fileName) != nil {
            offers = try read(try folder.bytes(of: fileName, limit: maximumBytes)) { try place($0) }
        } else {
            offers = try folder.names().compactMap { name in
                guard let known = EngineFileName(name), let found = try place(name) else { return nil }
                return EngineOffer(
                    id: known.id, version: known.version, target: known.target, fileName: name, size: nil, sha256: nil,
                    path: found)
            }
        }
        return offers.sorted { left, right in
            if left.id != right.id { return left.id < right.id }
            if left.version != right.version { return isNewer(left.version, than: right.version) }
            return left.fileName < right.fileName
        }
    }

    /// Whether a version is newer, its parts compared as numbers where both are some.
    private static func isNewer(_ version: String, than other: String) -> Bool {
        let separators: (Character) -> Bool = { "._-".contains($0) }
        let parts = zip(version.split(whereSeparator: separators), other.split(whereSeparator: separators))
        for (mine, theirs) in parts where mine != theirs {
            guard let mine = UInt64(mine), let theirs = UInt64(theirs) else { return mine > theirs }
            if mine != theirs { return mine > theirs }
        }
        return version.utf8.count > other.utf8.count
    }

    private static func read(_ bytes: [UInt8], _ place: (String) throws -> FilePath?) throws -> [EngineOffer] {
        let index: JSONValue
        do throws(JSONError) { index = try JSONValue(strict: bytes) } catch {
            throw fault("is not strict JSON: \(error.reason) (byte \(error.byteOffset))")
        }
        guard let engines = index["engines"]?.array else { throw fault("has no array \"engines\"") }
        var offers: [EngineOffer] = []
        for engine in engines {
            guard let id = engine["id"]?.string else { throw fault("has an engine without an id") }
            let releases = [engine["latest"]].compactMap(\.self) + (engine["versions"]?.array ?? [])
            let all = releases.isEmpty ? [engine] : releases
            for release in all {
                guard let version = (release["version"] ?? release["latestVersion"])?.string else {
                    throw fault("gives \(id.excerptForOneLine) no version")
                }
                for package in release["packages"]?.array ?? [] {
                    offers.append(try offer(package, id: id, version: version, place))
                }
            }
        }
        return offers
    }

    private static func offer(
        _ package: JSONValue, id: String, version: String, _ place: (String) throws -> FilePath?
    ) throws -> EngineOffer {
        guard let os = package["os"]?.string, let architecture = package["arch"]?.string,
            let file = package["filename"]?.string
        else { throw fault("has a package of \(id.excerptForOneLine) without os, arch or filename") }
        let name = try EntryName.validate(Array(file.utf8))
        guard !name.contains("/"), name.hasSuffix(EngineFileName.ending) else {
            throw fault("names the file \(name.excerptForOneLine), which is none of its folder")
        }
        let known = EngineFileName(name)
        let accelerator =
            package["accelerator"]?.string.map {
                EngineTarget.accelerator($0, version: package["acceleratorVersion"]?.string)
            } ?? known?.target.accelerator ?? "cpu"
        // Older indexes have 0 and nothing where the maker has not measured.
        let digest = try package["sha256"]?.string.flatMap { text in
            guard !text.isEmpty else { return SHA256Digest?.none }
            guard let digest = SHA256Digest(hex: text) else { throw fault("gives \(name) no digest of 64 digits") }
            return digest
        }
        return EngineOffer(
            id: id, version: version,
            target: EngineTarget(
                os: os, architecture: architecture, accelerator: accelerator, variant: known?.target.variant),
            fileName: name, size: package["size"]?.integer.flatMap { $0 > 0 ? $0 : nil }, sha256: digest,
            path: try place(name))
    }

    private static func fault(_ reason: String) -> BundleError {
        BundleError(
            breaking: EngineRule.index, "validation failed: \(fileName) \(reason)",
            hint: "Get it again from the registry, or name the pack itself.")
    }
}
