// SPDX-License-Identifier: Apache-2.0

package import BaigoCore

/// Makes `.baimodel` packages: a ZIP of stored entries, the same bytes for the same input.
///
/// The layout is described in `docs/package-format.md`.
package enum PackageWriter {
    /// Signs a checksum list: takes its bytes, returns armored signatures.
    package typealias Signing = ([UInt8]) throws -> [UInt8]

    /// Bytes of an unsigned package of this plan, computed without reading the data.
    ///
    /// - Throws: `BundleError` for names and sources that cannot be packaged; `FileError`.
    package static func measure(_ plan: PackagePlan) throws -> ByteCount {
        try measure(PlannedInput(plan))
    }

    /// Bytes of the archive that `rewrite` makes without a signature.
    ///
    /// - Throws: `BundleError`, code `invalidRequest`, for a stream.
    package static func measure(_ stored: PackageReader) throws -> ByteCount {
        stored.hasMadeManifest ? try measure(RepackedInput(stored)) : try measure(StoredInput(stored))
    }

    private static func measure(_ input: some PackageInput) throws -> ByteCount {
        ByteCount(try input.layout(documents: try draftDocuments(of: input)).size)
    }

    /// Packages files.
    ///
    /// To a file each source is read once; to a pipe twice, and a source that changed in between leaves the stream
    /// without its end. A file appears under its name only when it is complete and synced.
    ///
    /// `signing` is `nil` for an unsigned package.
    ///
    /// - Throws: `BundleError`, `sourceChanged` for one; `FileError`: `exists`, `noSpace`, `tooLargeForFileSystem` before
    ///   the first byte, and what the system says; `CancellationError`; what `signing` throws.
    package static func write(
        _ plan: PackagePlan, to target: PackageTarget, signing: Signing? = nil,
        progress: any ProgressObserver = SilentProgress()
    ) throws -> WrittenPackage {
        try write(try PlannedInput(plan), to: target, signing: signing, progress: progress)
    }

    /// Packages a stored package again: its manifest, list and signatures byte for byte.
    ///
    /// From one that came without a manifest a new package is made, which is unsigned unless `signing` signs it.
    ///
    /// `signing` makes the signatures to use in place of the stored ones; `nil` keeps those.
    ///
    /// - Throws: As `write`; `BundleError`, code `digestMismatch`, when a stored file is damaged.
    package static func rewrite(
        _ stored: PackageReader, to target: PackageTarget, signing: Signing? = nil,
        progress: any ProgressObserver = SilentProgress()
    ) throws -> WrittenPackage {
        guard !stored.hasMadeManifest else {
            return try write(try RepackedInput(stored), to: target, signing: signing, progress: progress)
        }
        return try write(try StoredInput(stored), to: target, signing: signing, progress: progress)
    }

    static func write(
        _ input: some PackageInput, to target: PackageTarget, signing: Signing?, progress: any ProgressObserver
    ) throws -> WrittenPackage {
        switch target {
        case .file(let path, let isReplacing, let readBack):
            let job = FileJob(input: input, signing: signing, progress: progress)
            return try job.run(path, replacing: isReplacing, readBack: readBack)
        case .stream(let stream):
            var job = StreamJob(input: input, output: stream, progress: progress)
            return try job.run(signing: signing)
        }
    }

    /// Documents of the right size, before the digests are known.
    static func draftDocuments(of input: some PackageInput) throws -> PackageDocuments {
        try input.documents(for: input.knownDigests ?? input.data.map { _ in try SHA256Digest(of: []) })
    }

    /// The signatures that go into the package.
    static func signature(
        over checksums: [UInt8], of input: some PackageInput, by signing: Signing?
    ) throws -> [UInt8]? {
        guard let signature = try signing?(checksums) ?? input.storedSignature else { return nil }
        guard signature.count <= ArchiveBody.maximumSignature else {
            throw BundleError(.invalidRequest, "the signatures are larger than 1 MiB together")
        }
        return signature
    }

    static func written(
        _ documents: PackageDocuments, size: Int64, isSigned: Bool
    ) throws(BundleError) -> WrittenPackage {
        WrittenPackage(
            manifest: documents.manifest, identity: try SHA256Digest(of: documents.checksumsBytes),
            content: try documents.manifest.contentDigest(), size: ByteCount(size), isSigned: isSigned)
    }

    /// Refuses data that is not what a stored package lists.
    static func check(
        _ outcome: DataOutcome, of index: Int, in input: some PackageInput, expecting digest: SHA256Digest?,
        crc32: UInt32?
    ) throws(BundleError) {
        let (name, size) = input.data[index]
        guard outcome.count == size else { throw BundleError.sourceChanged(name) }
        guard let digest, digest != outcome.digest else {
            guard crc32 ?? outcome.crc32 == outcome.crc32 else { throw BundleError.wrongCRC(name) }
            return
        }
        guard input.knownDigests != nil else { throw BundleError.sourceChanged(name) }
        throw BundleError(
            .digestMismatch,
            "checksum verification failed: \(name) has SHA-256 \(outcome.digest.hex), listed is \(digest.hex)",
            hint: "The stored file is damaged; import the model again.")
    }
}
