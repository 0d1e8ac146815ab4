// SPDX-License-Identifier: Apache-2.0

package import BaigoCore
internal import Synchronization

/// A package that is open for reading: a `.baimodel` file, an unpacked folder or a stream.
///
/// Once it is open, everything that can be decided without reading the data is decided: structure, names, manifest,
/// and that manifest, checksum list and entries agree. On a stream the entries behind the lists are checked as they
/// come. The rules are those of `docs/package-format.md`.
package final class PackageReader: Sendable {
    enum Body: Sendable {
        case archive(ArchiveBody)
        case folder(FolderBody)
        case tar(TarBody)
        case stream(StreamBody)
    }

    /// What may come behind the data.
    struct Signatures: Sendable {
        var isComplete: Bool
        var signature: [UInt8]?
        var modelSignature: [UInt8]?
    }

    let contents: PackageContents
    let body: Body
    private let signatures: Mutex<Signatures>
    private let recognised = Mutex<[String: FileContent]>([:])
    /// What has to stay while this is read.
    private let holding: UnpackedBundle?

    /// The path as it was given, or `standard input`.
    package let source: String
    /// All listed entries with `manifest.json`, in the order of their data; on a stream in the manifest's.
    package let files: [PackageFile]
    /// The content of `metadata.json`, not compared with its digest before `read`.
    package let metadataBytes: [UInt8]?

    init(
        source: String, contents: PackageContents, files: [PackageFile], metadataBytes: [UInt8]?,
        signatures: Signatures, body: Body, holding: UnpackedBundle? = nil
    ) {
        self.source = source
        self.contents = contents
        self.files = files
        self.metadataBytes = metadataBytes
        self.signatures = Mutex(signatures)
        self.body = body
        self.holding = holding
    }

    package var manifest: Manifest { contents.manifest }
    /// The bytes of `manifest.json` as read.
    package var manifestBytes: [UInt8] { contents.manifestBytes }
    /// The bytes of `checksums.txt` as read, or as baigo would write them where there is none.
    package var checksumsBytes: [UInt8] { contents.checksumsBytes }
    package var hasOwnChecksums: Bool { contents.hasOwnChecksums }
    /// Whether the package came without a manifest, and one was made from what the model says of itself.
    package var hasMadeManifest: Bool { contents.hasMadeManifest }
    /// The package's identity: the digest of the checksum list.
    package var identity: SHA256Digest { contents.identity }
    /// The digest of the manifest without date and maker.
    package var content: SHA256Digest { contents.content }
    /// Whether it was unpacked from a tar bundle.
    package var isUnpacked: Bool { holding != nil }
    /// Bytes of all listed files together.
    package var size: ByteCount { ByteCount(files.reduce(0) { $0 + $1.size }) }

    /// The armored signatures over the checksum list; on a stream that has them last `nil` until `read` is done.
    package var signature: [UInt8]? { signatures.withLock { $0.signature } }
    /// The content of `model.sig`, under the same terms.
    package var modelSignature: [UInt8]? { signatures.withLock { $0.modelSignature } }
    /// Whether `signature` says all there is.
    package var signatureIsKnown: Bool { signatures.withLock { $0.isComplete || $0.signature != nil } }

    /// What a person should know of the package beside its signature.
    package var warnings: [Warning] {
        var warnings: [Warning] = []
        if case .archive(let archive) = body, archive.isRestored {
            warnings.append(
                Warning(
                    identifier: "bundle.interrupted-signing",
                    message:
                        "\(source.escapedForOneLine) was being signed when that was interrupted; it is read as it was "
                        + "before, and baigo sign puts it back so"))
        }
        if !hasOwnChecksums {
            warnings.append(
                Warning(
                    identifier: "bundle.no-checksums",
                    message: "the package has no checksums.txt; it is verified against its manifest alone"))
        }
        if hasMadeManifest {
            warnings.append(
                Warning(
                    identifier: "bundle.made-manifest",
                    message: "the bundle has no manifest.json; name, version and roles were read from the model"))
        }
        if manifest.isForeign {
            warnings.append(
                Warning(
                    identifier: "bundle.foreign-manifest",
                    message: "manifest.json is another maker's; only its digests, name and version were read"))
        }
        let running = recognisedContents.filter(\.value.runsCode).keys.sorted()
        if !running.isEmpty {
            let more = running.count > 20 ? " and \(running.count - 20) more" : ""
            warnings.append(
                Warning(
                    identifier: "model.pickle",
                    message: running.prefix(20).joined(separator: ", ") + more
                        + ": loading this in Python can run any code"))
        }
        if modelSignature != nil {
            warnings.append(
                Warning(
                    identifier: "signature.not-evaluated",
                    message: "model.sig is there but was not evaluated; only OpenPGP signatures are"))
        }
        return warnings
    }

    /// The files whose content says more than their names, by name: pickles above all.
    ///
    /// A package that is no stream is looked at when it is opened, at the start of each file and the end of ZIP files;
    /// `read` looks at every byte, and on a stream nothing is known before.
    package var recognisedContents: [String: FileContent] { recognised.withLock { $0 } }

    /// Looks at the files of a package that is no stream.
    ///
    /// - Throws: `BundleError`, `FileError`.
    func recognise() throws {
        var found: [String: FileContent] = [:]
        for file in files where file.size > 0 && file.path != PackageEntryName.manifest {
            found[file.path] = try FileContent(of: open(file).source, size: file.size) ?? FileContent(named: file.path)
        }
        recognised.withLock { [found] in $0 = found }
    }

    private func note(_ verdicts: [FileVerdict]) -> [FileVerdict] {
        recognised.withLock { known in
            for verdict in verdicts { known[verdict.file.path] = verdict.content ?? known[verdict.file.path] }
        }
        return verdicts
    }

    /// Whether `read` works more than once.
    package var canBeReadAgain: Bool { isSeekable }

    private var isSeekable: Bool {
        switch body {
        case .archive, .folder, .tar: true
        case .stream: false
        }
    }

    /// Reads every file once and compares it with its digest.
    ///
    /// Without a sink several files are read at once, except on a stream. On a stream this works once, and the entries behind the lists are checked on the way.
    ///
    /// - Parameters:
    ///   - sink: Takes the bytes; `nil` to verify only.
    ///   - stoppingAtFirstFault: Whether the first file that differs is the last one read.
    ///   - progress: Hears of the phase `extracting` with a sink and `verifying` without.
    /// - Returns: A verdict for each file that was read.
    /// - Throws: `BundleError` for structure and for a source that changed; `FileError`; `CancellationError`; what the
    ///   sink throws. A file that differs is no error but a verdict.
    package func read(
        into sink: (any PackageSink)?, stoppingAtFirstFault: Bool = true,
        progress: any ProgressObserver = SilentProgress()
    ) throws -> [FileVerdict] {
        try Self.naming(source) {
            // A manifest that was made here is in no container, and right by its making.
            let made = hasMadeManifest ? files.first { $0.path == PackageEntryName.manifest } : nil
            let files = files.filter { $0 != made }
            if sink == nil, isSeekable {
                let verdicts = try ParallelPass(
                    over: files, stoppingAtFirstFault: stoppingAtFirstFault, opening: { try self.open($0) }
                ).run(progress: progress)
                return (made.map { [FileVerdict(file: $0, status: .ok)] } ?? []) + note(verdicts)
            }
            var pass = try ReadingPass(
                over: files, into: sink, stoppingAtFirstFault: stoppingAtFirstFault, progress: progress)
            if let made { try pass.conclude(made, try pass.copy(made, from: manifestBytes), crc32: nil) }
            switch body {
            case .archive, .folder, .tar: try pass.read(files, opening: open)
            case .stream(let stream):
                let found = try stream.read(contents, metadata: metadataBytes, by: &pass)
                signatures.withLock { known in
                    known.signature = known.signature ?? found.signature
                    known.modelSignature = found.modelSignature
                    known.isComplete = found.isComplete
                }
            }
            return note(pass.verdicts)
        }
    }

    /// Adds the package's name to errors of its content.
    static func naming<Value>(_ source: String, _ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch let error as BundleError {
            throw error.inPackage(source)
        }
    }
}
