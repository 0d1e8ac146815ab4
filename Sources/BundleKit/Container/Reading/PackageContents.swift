// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore

/// What manifest and checksum list say of a package, once they agree with each other.
struct PackageContents: Sendable {
    let manifest: Manifest
    let manifestBytes: [UInt8]
    /// As read, or as baigo would write them where the package has none.
    let checksumsBytes: [UInt8]
    let hasOwnChecksums: Bool
    /// Whether the manifest was made here, so that the list does not hold it.
    let hasMadeManifest: Bool
    /// `manifest.json`, `metadata.json` if there is one, then the manifest's order.
    let files: [PackageFile]
    let identity: SHA256Digest
    let content: SHA256Digest

    /// Reads both documents and compares them; `checksumsBytes` is `nil` for a package without a list.
    ///
    /// - Throws: `BundleError` by the rule that is broken.
    init(manifestBytes: [UInt8], checksumsBytes: [UInt8]?, kind: String = "model") throws(BundleError) {
        self.manifestBytes = manifestBytes
        manifest = try Manifest(reading: manifestBytes, kind: kind)
        let manifestDigest = try SHA256Digest(of: manifestBytes)
        let own = PackageFile(
            path: PackageEntryName.manifest, role: .metadata, sha256: manifestDigest, size: Int64(manifestBytes.count))
        let listed = manifest.files.map {
            PackageFile(path: $0.path, role: $0.role, sha256: $0.sha256, size: $0.size)
        }
        files =
            [own] + listed.filter { $0.path == PackageEntryName.metadata }
            + listed.filter { $0.path != PackageEntryName.metadata }
        if let checksumsBytes {
            try Self.compare(files, with: try ChecksumList(reading: checksumsBytes))
            self.checksumsBytes = checksumsBytes
            hasOwnChecksums = true
        } else {
            let digests = Dictionary(files.map { ($0.path, $0.sha256) }, uniquingKeysWith: { first, _ in first })
            self.checksumsBytes = ChecksumList(digests: digests).bytes
            hasOwnChecksums = false
        }
        identity = try SHA256Digest(of: self.checksumsBytes)
        content = try manifest.contentDigest()
        hasMadeManifest = false
    }

    /// Takes over a list and the manifest that was made for it; `manifestBytes` is `nil` for the written form.
    ///
    /// - Throws: `BundleError` by the rule that is broken.
    init(making manifest: Manifest, manifestBytes: [UInt8]? = nil, checksumsBytes: [UInt8]) throws(BundleError) {
        self.manifest = manifest
        self.manifestBytes = manifestBytes ?? manifest.bytes
        self.checksumsBytes = checksumsBytes
        hasOwnChecksums = true
        hasMadeManifest = true
        let listed = manifest.files.map {
            PackageFile(path: $0.path, role: $0.role, sha256: $0.sha256, size: $0.size)
        }
        try Self.compare(listed, with: try ChecksumList(reading: checksumsBytes, allowingDotSlash: true))
        let own = PackageFile(
            path: PackageEntryName.manifest, role: .metadata, sha256: try SHA256Digest(of: self.manifestBytes),
            size: Int64(self.manifestBytes.count))
        files = [own] + listed
        identity = try SHA256Digest(of: checksumsBytes)
        content = try manifest.contentDigest()
    }

    /// Takes over another maker's manifest: `names` are all files of the container.
    ///
    /// - Throws: `BundleError` by the rule that is broken.
    init(
        _ foreign: ForeignManifest, manifestBytes: [UInt8], checksumsBytes: [UInt8]?,
        names: [(name: String, size: Int64)], _ opening: PackageOpening
    ) throws(BundleError) {
        self.manifestBytes = manifestBytes
        let own = PackageFile(
            path: PackageEntryName.manifest, role: .metadata, sha256: try SHA256Digest(of: manifestBytes),
            size: Int64(manifestBytes.count))
        let data = names.filter {
            $0.name != PackageEntryName.manifest && !ChecksumList.unlistedNames.contains($0.name)
        }
        let stated = try foreign.digests(of: data.map(\.name))
        let list = if let checksumsBytes { try ChecksumList(reading: checksumsBytes).digests } else { stated }
        var described: [ManifestFile] = []
        for (name, size) in data {
            guard let digest = list[name] else {
                throw BundleError(
                    .unlistedEntry, "validation failed: \(name) is in the package, but there is no digest for it",
                    hint: "Ask the sender for a new copy of the package.")
            }
            guard stated[name] ?? digest == digest else { throw Self.twoDigests(name) }
            described.append(
                ManifestFile(path: name, role: FileRecognition.role(of: name), sha256: digest, size: size))
        }
        manifest = try Manifest(
            foreign, Manifest.Place(files: described, name: opening.name, version: opening.version))
        files = [own] + described.map { PackageFile(path: $0.path, role: $0.role, sha256: $0.sha256, size: $0.size) }
        if let checksumsBytes {
            try Self.compare(files, with: try ChecksumList(reading: checksumsBytes))
            self.checksumsBytes = checksumsBytes
        } else {
            let digests = Dictionary(files.map { ($0.path, $0.sha256) }, uniquingKeysWith: { first, _ in first })
            self.checksumsBytes = ChecksumList(digests: digests).bytes
        }
        hasOwnChecksums = checksumsBytes != nil
        hasMadeManifest = false
        identity = try SHA256Digest(of: self.checksumsBytes)
        content = try manifest.contentDigest()
    }

    private static func twoDigests(_ name: String) -> BundleError {
        BundleError(
            .digestMismatch,
            "checksum verification failed: manifest.json and checksums.txt have different digests for \(name)",
            hint: "Do not use this copy; get the package again from its source.")
    }

    private static func compare(_ files: [PackageFile], with list: ChecksumList) throws(BundleError) {
        // By bytes: strings that are only canonically equal name different files for sha256sum.
        var digests = Dictionary(
            list.digests.map { (Array($0.key.utf8), $0.value) }, uniquingKeysWith: { first, _ in first })
        guard digests[Array(PackageEntryName.otherChecksums.utf8)] == nil else {
            throw PackageContents.twoLists
        }
        for file in files {
            guard let digest = digests.removeValue(forKey: Array(file.path.utf8)) else {
                throw BundleError(
                    .disagreement,
                    "validation failed: \(file.path) is in \(PackageEntryName.manifest) but not in checksums.txt",
                    hint: "Ask the sender for a new copy of the package.")
            }
            guard digest == file.sha256 else {
                throw BundleError(
                    .digestMismatch,
                    "checksum verification failed: \(file.path) has SHA-256 \(file.sha256.hex) by the manifest and "
                        + "\(digest.hex) by checksums.txt",
                    hint: "Do not use this copy; get the package again from its source.")
            }
        }
        if let name = digests.keys.min(by: { $0.lexicographicallyPrecedes($1) }) {
            throw BundleError(
                .disagreement,
                "validation failed: \(String(decoding: name, as: UTF8.self)) is in checksums.txt but not in the manifest",
                hint: "Ask the sender for a new copy of the package.")
        }
    }

    static var twoLists: BundleError {
        BundleError(
            breaking: ChecksumRule.twoLists, "validation failed: the package has both checksums.txt and SHA256SUMS",
            hint: "Remove one of the two lists and package again.")
    }

    /// Puts the listed files in the order of a container's entries: of everything in it that is no folder.
    ///
    /// - Throws: `BundleError`: `unlistedEntry`, `missingEntry`, `sizeMismatch`, `checksums`.
    func arranged(by entries: [(name: String, size: Int64)]) throws(BundleError) -> [PackageFile] {
        var listed = ListedFiles(files, hasOwnChecksums: hasOwnChecksums)
        var arranged: [PackageFile] = []
        for entry in entries {
            if let file = try listed.take(entry.name, size: entry.size) { arranged.append(file) }
        }
        try listed.finish()
        return arranged
    }
}

/// The listed files that were not met yet.
struct ListedFiles: Sendable {
    private var waiting: [[UInt8]: PackageFile]
    private let order: [PackageFile]
    private let hasOwnChecksums: Bool

    init(_ files: [PackageFile], hasOwnChecksums: Bool) {
        order = files
        waiting = Dictionary(files.map { (Array($0.path.utf8), $0) }, uniquingKeysWith: { first, _ in first })
        self.hasOwnChecksums = hasOwnChecksums
    }

    /// Takes note of an entry; `size` is `nil` where the container does not say it yet.
    ///
    /// - Returns: The file; `nil` for the checksum list and signatures, which are not listed.
    /// - Throws: `BundleError`: `unlistedEntry`, also for a second entry of one name; `sizeMismatch`; `checksums`.
    mutating func take(_ name: String, size: Int64?) throws(BundleError) -> PackageFile? {
        if ChecksumList.unlistedNames.contains(name) { return nil }
        if hasOwnChecksums, name == PackageEntryName.otherChecksums { throw PackageContents.twoLists }
        guard let file = waiting.removeValue(forKey: Array(name.utf8)) else {
            throw BundleError(
                .unlistedEntry,
                "validation failed: \(name.escapedForOneLine) is in the package but neither list names it, or it is "
                    + "there twice",
                hint: "Ask the sender for a new copy of the package.")
        }
        if let size, size != file.size { throw Self.wrongSize(file, size) }
        return file
    }

    /// Checks that nothing is waiting any more.
    ///
    /// - Throws: `BundleError`, code `missingEntry`.
    func finish() throws(BundleError) {
        guard let missing = order.first(where: { waiting[Array($0.path.utf8)] != nil }) else { return }
        throw BundleError(
            .missingEntry, "validation failed: \(missing.path) is listed but not in the package",
            hint: "Ask the sender for a new copy of the package.")
    }

    private static func wrongSize(_ file: PackageFile, _ size: Int64) -> BundleError {
        BundleError(
            .sizeMismatch, "validation failed: \(file.path) has \(size) bytes, listed are \(file.size)",
            hint: "Ask the sender for a new copy of the package.")
    }
}
