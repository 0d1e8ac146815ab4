// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore

extension EnginePack {
    private static let unlisted: Set = [PackageEntryName.checksums, PackageEntryName.signature]

    /// Holds the lists of the pack against what is in it.
    ///
    /// - Throws: `BundleError`: `checksums`, `unlistedEntry`, `missingEntry`, `sizeMismatch`, `digestMismatch`,
    ///   `disagreement`, `enginePack`.
    func check() throws(BundleError) {
        let found = Dictionary(files.map { ($0.path, $0) }, uniquingKeysWith: { first, _ in first })
        if let listed = manifest.files { try check(listed, found) }
        if let stated = manifest.stated { try check(stated, found) }
        if let checksums { try check(try ChecksumList(reading: checksums, allowingDotSlash: true), found) }
        guard holds(EngineManifest.workerName) || holds(EngineManifest.serverName) else {
            throw BundleError(
                breaking: EngineRule.program, "validation failed: there is neither a baigo-engine nor a llama-server",
                hint: "Packs of other engines are of no use to baigo.")
        }
        if manifest.isOwn, holds(EngineManifest.workerName), manifest.ggmlCommit == nil {
            throw BundleError(
                breaking: EngineRule.program, "validation failed: the manifest names no commit of ggml for the worker",
                hint: "Make the pack with baigo engine export.")
        }
    }

    private func check(_ listed: [ManifestFile], _ found: [String: EngineFile]) throws(BundleError) {
        var rest = found
        for name in Self.unlisted.union([PackageEntryName.manifest]) { rest[name] = nil }
        for file in listed {
            guard let present = rest.removeValue(forKey: file.path) else { throw Self.missing(file.path) }
            guard present.size == file.size else {
                throw BundleError(
                    .sizeMismatch,
                    "validation failed: \(file.path) has \(present.size) bytes, listed are \(file.size)",
                    hint: Self.otherCopy)
            }
            try Self.compare(present, with: file.sha256)
        }
        if let stray = rest.keys.min() { throw Self.stray(stray) }
    }

    private func check(_ list: ChecksumList, _ found: [String: EngineFile]) throws(BundleError) {
        var rest = found
        for name in Self.unlisted { rest[name] = nil }
        for (name, digest) in list.digests.sorted(by: { $0.key.precedesBytewise($1.key) }) {
            guard let present = rest.removeValue(forKey: name) else { throw Self.missing(name) }
            try Self.compare(present, with: digest)
        }
        if let stray = rest.keys.min() { throw Self.stray(stray) }
    }

    private func check(_ stated: ForeignManifest, _ found: [String: EngineFile]) throws(BundleError) {
        for (name, digest) in try stated.digests(of: found.keys.sorted()).sorted(by: { $0.key < $1.key }) {
            if let present = found[name] { try Self.compare(present, with: digest) }
        }
        for entry in manifest.json["files"]?.array ?? [] {
            guard let path = (entry["path"] ?? entry["name"])?.string, let size = entry["size"]?.integer,
                let present = found[path], present.size != size
            else { continue }
            throw BundleError(
                .sizeMismatch,
                "validation failed: \(path.escapedForOneLine) has \(present.size) bytes, listed are \(size)",
                hint: Self.otherCopy)
        }
    }

    static func compare(_ file: EngineFile, with digest: SHA256Digest) throws(BundleError) {
        guard file.sha256 != digest else { return }
        throw BundleError(
            .digestMismatch,
            "checksum verification failed: \(file.path.escapedForOneLine) has SHA-256 \(file.sha256.hex), listed is "
                + digest.hex,
            hint: otherCopy)
    }

    private static func missing(_ name: String) -> BundleError {
        BundleError(
            .missingEntry, "validation failed: \(name.escapedForOneLine) is listed but not in the pack", hint: otherCopy
        )
    }

    private static func stray(_ name: String) -> BundleError {
        BundleError(
            .unlistedEntry, "validation failed: \(name.escapedForOneLine) is in the pack, but no list names it",
            hint: otherCopy)
    }

    private static var otherCopy: String { "Do not use this copy; get the pack again from its source." }
}
