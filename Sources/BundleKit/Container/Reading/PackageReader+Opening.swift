// SPDX-License-Identifier: Apache-2.0

package import BaigoCore
internal import Glibc
package import SystemPackage

extension PackageReader {
    /// Opens a `.baimodel` file, a tar bundle or a folder, by its content and not by its name.
    ///
    /// A file whose signing was interrupted is read as it was before, through the journal beside it.
    ///
    /// - Throws: `BundleError` by the rule that is broken; `FileError`.
    package static func open(_ path: FilePath, _ opening: PackageOpening = PackageOpening()) throws -> PackageReader {
        var info = stat()
        guard path.withPlatformString({ stat($0, &info) }) == 0 else {
            throw FileError(.lastError, while: "open", path.string)
        }
        if FileStatus(info).kind == .folder {
            return try open(folder: Folder.open(path), at: path, source: path.string, opening)
        }
        let file = try OwnedDescriptor.open(reading: path)
        if let bundle = try openBundle(file, source: path.string, opening) { return bundle }
        let journal = try SigningJournal.pending(beside: path, of: file)
        return try open(file: file, through: journal, source: path.string, opening)
    }

    /// Opens a tar bundle in a file; `nil` where the file is none.
    private static func openBundle(
        _ file: OwnedDescriptor, source: String, _ opening: PackageOpening
    ) throws -> PackageReader? {
        guard try file.status().kind == .regular,
            let kind = BundleKind(try file.bytes(at: 0, count: BundleKind.probeBytes))
        else { return nil }
        return try open(kind, file, after: [], source: source, opening)
    }

    /// Opens a stream, standard input for example.
    ///
    /// A package whose lists come first is read as it arrives; any other is copied to a file without a name first. A
    /// regular file is read as a file, and a tar bundle is unpacked first.
    ///
    /// - Throws: `BundleError` by the rule that is broken; `FileError`, `noSpace` for one; `CancellationError`.
    package static func open(
        stream: OwnedDescriptor, _ opening: PackageOpening = PackageOpening()
    ) throws -> PackageReader {
        if try stream.status().kind == .regular, lseek(stream.raw, 0, SEEK_CUR) == 0 {
            if let bundle = try openBundle(stream, source: stream.path, opening) { return bundle }
            return try open(file: stream, source: stream.path, opening)
        }
        let source = DescriptorSource(stream, after: [])
        var start = try source.bytes(4)
        if start != [0x50, 0x4b, 3, 4] { start += try source.bytes(BundleKind.probeBytes - start.count) }
        if let kind = BundleKind(start) {
            return try open(kind, stream, after: start, source: stream.path, opening)
        }
        return try naming(stream.path) {
            switch try StreamHead.read(stream, after: start) {
            case .canonical(let head):
                try opening.refuseNaming()
                let metadata = head.files[PackageEntryName.metadata]
                return PackageReader(
                    source: stream.path, contents: head.contents, files: head.contents.files, metadataBytes: metadata,
                    signatures: Signatures(
                        isComplete: false, signature: head.files[PackageEntryName.signature], modelSignature: nil),
                    body: .stream(StreamBody(head)))
            case .other(let bytes, let limit):
                let file = try Spool.copy(
                    stream, after: bytes, limit: limit, in: Folder.open(spool: opening.spoolFolder))
                return try open(file: file, source: stream.path, opening)
            }
        }
    }

    /// Opens a package in an open regular file; `journal` is that of an interrupted `sign`.
    ///
    /// - Throws: `BundleError`, `FileError`.
    static func open(
        file: OwnedDescriptor, through journal: SigningJournal? = nil, source: String,
        _ opening: PackageOpening = PackageOpening()
    ) throws -> PackageReader {
        guard try file.status().kind == .regular else {
            throw FileError(
                .wrongType, "\(source.escapedForTerminal) is not a regular file", hint: "Use - for standard input.")
        }
        return try naming(source) {
            let body = try ArchiveBody(reading: file, through: journal)
            return try open(source: source, names: body.names, body: .archive(body), opening, bytes: body.bytes)
        }
    }

    static func open(
        source: String, names: [(name: String, size: Int64)], body: Body, _ opening: PackageOpening,
        bytes: (_ name: String, _ limit: Int64) throws -> [UInt8]?, holding: UnpackedBundle? = nil
    ) throws -> PackageReader {
        guard let manifest = try bytes(PackageEntryName.manifest, Int64(Manifest.maximumBytes)) else {
            throw BundleError(
                .manifestMissing, "validation failed: there is no manifest.json",
                hint: "Name a .baimodel file, or a folder with manifest.json.")
        }
        let checksums = try bytes(PackageEntryName.checksums, Int64(ChecksumList.maximumBytes))
        let contents: PackageContents
        if let foreign = try ForeignManifest(reading: manifest) {
            contents = try PackageContents(
                foreign, manifestBytes: manifest, checksumsBytes: checksums, names: names, opening)
        } else {
            try opening.refuseNaming()
            contents = try PackageContents(
                manifestBytes: manifest, checksumsBytes: checksums, kind: opening.kind)
        }
        let files = try contents.arranged(by: names)
        let reader = PackageReader(
            source: source, contents: contents, files: files,
            metadataBytes: try bytes(PackageEntryName.metadata, ArchiveBody.maximumMetadata),
            signatures: Signatures(
                isComplete: true,
                signature: try bytes(PackageEntryName.signature, ArchiveBody.maximumSignature),
                modelSignature: try bytes(PackageEntryName.modelSignature, ArchiveBody.maximumModelSignature)),
            body: body, holding: holding)
        try reader.recognise()
        return reader
    }
}
