// SPDX-License-Identifier: Apache-2.0

package import BaigoCore
internal import Glibc
package import SystemPackage

extension PackageReader {
    /// Opens a `.baimodel` file or an unpacked folder.
    ///
    /// A journal of an interrupted `sign` beside the file is played back first.
    ///
    /// - Throws: `BundleError` by the rule that is broken; `FileError`.
    package static func open(_ path: FilePath) throws -> PackageReader {
        var info = stat()
        guard path.withPlatformString({ stat($0, &info) }) == 0 else {
            throw FileError(.lastError, while: "open", path.string)
        }
        if FileStatus(info).kind == .folder { return try open(folder: Folder.open(path), source: path.string) }
        try SigningJournal.playBack(beside: path)
        return try open(file: OwnedDescriptor.open(reading: path), source: path.string)
    }

    /// Opens a stream, standard input for example.
    ///
    /// A package whose lists come first is read as it arrives; any other is copied to a file without a name first. A
    /// regular file is read as a file. `spoolingIn` is the folder for the file without a name.
    ///
    /// - Throws: `BundleError` by the rule that is broken; `FileError`, `noSpace` for one; `CancellationError`.
    package static func open(stream: OwnedDescriptor, spoolingIn folder: FilePath) throws -> PackageReader {
        if try stream.status().kind == .regular, lseek(stream.raw, 0, SEEK_CUR) == 0 {
            return try open(file: stream, source: stream.path)
        }
        return try naming(stream.path) {
            switch try StreamHead.read(stream) {
            case .canonical(let head):
                let metadata = head.files[PackageEntryName.metadata]
                return PackageReader(
                    source: stream.path, contents: head.contents, files: head.contents.files, metadataBytes: metadata,
                    signatures: Signatures(
                        isComplete: false, signature: head.files[PackageEntryName.signature], modelSignature: nil),
                    body: .stream(StreamBody(head)))
            case .other(let bytes, let limit):
                let file = try Spool.copy(stream, after: bytes, limit: limit, in: Folder.open(folder))
                return try open(file: file, source: stream.path)
            }
        }
    }

    /// Opens a package in an open regular file.
    ///
    /// - Throws: `BundleError`, `FileError`.
    static func open(file: OwnedDescriptor, source: String) throws -> PackageReader {
        guard try file.status().kind == .regular else {
            throw FileError(
                .wrongType, "\(source.escapedForTerminal) is not a regular file", hint: "Use - for standard input.")
        }
        return try naming(source) {
            let body = try ArchiveBody(reading: file)
            return try open(source: source, names: body.names, body: .archive(body), bytes: body.bytes)
        }
    }

    private static func open(folder: Folder, source: String) throws -> PackageReader {
        try naming(source) {
            let body = try FolderBody(scanning: folder)
            return try open(source: source, names: body.names, body: .folder(body), bytes: body.bytes)
        }
    }

    private static func open(
        source: String, names: [(name: String, size: Int64)], body: Body,
        bytes: (_ name: String, _ limit: Int64) throws -> [UInt8]?
    ) throws -> PackageReader {
        guard let manifest = try bytes(PackageEntryName.manifest, Int64(Manifest.maximumBytes)) else {
            throw BundleError(
                .manifestMissing, "validation failed: there is no manifest.json",
                hint: "Name a .baimodel file, or a folder with manifest.json.")
        }
        let checksums = try bytes(PackageEntryName.checksums, Int64(ChecksumList.maximumBytes))
        let contents = try PackageContents(manifestBytes: manifest, checksumsBytes: checksums)
        let files = try contents.arranged(by: names)
        return PackageReader(
            source: source, contents: contents, files: files,
            metadataBytes: try bytes(PackageEntryName.metadata, ArchiveBody.maximumMetadata),
            signatures: Signatures(
                isComplete: true,
                signature: try bytes(PackageEntryName.signature, ArchiveBody.maximumSignature),
                modelSignature: try bytes(PackageEntryName.modelSignature, ArchiveBody.maximumModelSignature)),
            body: body)
    }
}
