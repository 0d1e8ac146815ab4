// SPDX-License-Identifier: Apache-2.0

package import BaigoCore
package import SystemPackage

/// An engine pack that was read through and is sound in itself; nothing of it was written under its name or run.
///
/// It is read from a private copy, which was hashed while it was made, so that whatever changes on the medium later
/// changes nothing of what was judged.
package final class EnginePack: Sendable {
    /// The file as the person named it.
    package let source: String
    package let manifest: EngineManifest
    /// The digest of the whole file.
    package let digest: SHA256Digest
    /// Bytes of the file.
    package let size: ByteCount
    /// All files, by the bytes of their names.
    package let files: [EngineFile]
    let checksums: [UInt8]?
    /// The signature in the pack, over `checksums`.
    let signature: [UInt8]?
    /// The signature beside the pack, over the whole file.
    let outerSignature: [UInt8]?
    let archive: EngineArchive

    /// Bytes of all files.
    package var unpackedSize: ByteCount { ByteCount(files.reduce(0) { $0 + $1.size }) }

    /// Whether a file is there.
    package func holds(_ path: String) -> Bool { files.contains { $0.path == path } }

    /// Reads a pack through.
    ///
    /// - Parameters:
    ///   - path: A regular file; a signature may stand beside it as `FILE.asc`.
    ///   - spoolFolder: Where the private copy is kept while this object lives.
    ///   - progress: Told how much is read.
    /// - Returns: The pack.
    /// - Throws: `BundleError` by the rule that is broken; `FileError`; `CancellationError`.
    package static func open(
        _ path: FilePath, copyingTo spoolFolder: FilePath, progress: any ProgressObserver = SilentProgress()
    ) throws -> EnginePack {
        let file = try OwnedDescriptor.open(reading: path)
        guard try file.status().kind == .regular else {
            throw FileError(.wrongType, "\(path.string.escapedForTerminal) is not a regular file")
        }
        let name = path.lastComponent.flatMap { EngineFileName($0.string) }
        let outerSignature = try SignatureFile.bytes(beside: path)
        let (copy, digest, size) = try EngineSpool.copy(file, to: Folder.open(spool: spoolFolder), progress)
        return try PackageReader.naming(path.string) {
            let archive = EngineArchive(file: copy, size: size)
            guard try copy.bytes(at: 0, count: 2) == [0x1f, 0x8b] else {
                throw BundleError(
                    .notAPackage, "validation failed: the file is no compressed tar archive",
                    hint: "An engine pack ends in .baiengine, and is one.")
            }
            let scan = try EngineScan(archive)
            guard let bytes = scan.document(PackageEntryName.manifest) else {
                throw BundleError(
                    .manifestMissing, "validation failed: there is no manifest.json, at the top or in package/",
                    hint: "It is no engine pack.")
            }
            let pack = EnginePack(
                archive, source: path.string, manifest: try EngineManifest(reading: bytes, named: name), digest: digest,
                files: try scan.files(of: size), scan: scan, outerSignature: outerSignature)
            try pack.check()
            return pack
        }
    }

    private init(
        _ archive: EngineArchive, source: String, manifest: EngineManifest, digest: SHA256Digest, files: [EngineFile],
        scan: EngineScan, outerSignature: [UInt8]?
    ) {
        self.archive = archive
        self.source = source
        self.manifest = manifest
        self.digest = digest
        self.files = files
        self.outerSignature = outerSignature
        size = ByteCount(archive.size)
        checksums = scan.document(PackageEntryName.checksums)
        signature = scan.document(PackageEntryName.signature)
    }
}

extension SignatureFile {
    /// The signature that stands beside a file as `FILE.asc`; `nil` where there is none.
    ///
    /// - Throws: `FileError`; `BundleError`, code `signatureMalformed`, for one that is too large.
    fileprivate static func bytes(beside path: FilePath) throws -> [UInt8]? {
        let file: OwnedDescriptor
        do throws(FileError) {
            file = try OwnedDescriptor.open(reading: FilePath(path.string + ".asc"))
            guard try file.status().kind == .regular else {
                throw FileError(.wrongType, "\(file.path.escapedForTerminal) is not a regular file")
            }
        } catch {
            if error.code == .notFound { return nil }
            throw error
        }
        return try file.bytes(at: 0, count: byteLimit + 1)
    }
}
