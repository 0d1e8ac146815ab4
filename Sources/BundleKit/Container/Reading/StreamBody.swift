// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import Synchronization

/// The entries of a package that arrives once, behind its lists.
final class StreamBody: Sendable {
    private let head: Mutex<StreamHead?>

    init(_ head: StreamHead) {
        self.head = Mutex(head)
    }

    /// Reads all files as they arrive, then checks the end of the archive against them.
    ///
    /// No entry is read that is not listed or has another size than listed.
    ///
    /// - Returns: What stood behind the data; not complete when the pass ended early.
    /// - Throws: `BundleError` by the rule that is broken, `invalidRequest` the second time; `FileError`;
    ///   `CancellationError`.
    func read(
        _ contents: PackageContents, metadata: [UInt8]?, by pass: inout ReadingPass
    ) throws -> PackageReader.Signatures {
        guard let head = head.withLock({ $0.take() }) else {
            throw BundleError(.invalidRequest, "a stream can be read only once")
        }
        var listed = ListedFiles(contents.files, hasOwnChecksums: contents.hasOwnChecksums)
        try takeHead(head, &listed, contents, by: &pass)
        var found = PackageReader.Signatures(isComplete: false)
        var met = Set(head.files.keys)
        var stream = head.stream
        var part = head.pending
        while case .entry(let header) = part {
            if pass.isOver { return found }
            guard stream.position <= head.limit else { throw StreamHead.surplus }
            let name = String(decoding: header.fields.name, as: UTF8.self)
            if name.utf8.last == UInt8(ascii: "/") {
                guard header.fields.size == 0 else {
                    throw BundleError.structure(.folderContent, "\(header.fields.shownName) is a folder with content")
                }
                if header.fields.hasDescriptor {
                    _ = try stream.takeDescriptor(isZip64: header.isZip64, crc32: 0)
                }
            } else if let file = try listed.take(name, size: knownSize(header)) {
                try take(file, header, from: &stream, by: &pass)
            } else {
                guard met.insert(name).inserted else {
                    throw EntryNameSet.refusal(.twice, name, "is there twice")
                }
                try takeUnlisted(name, header, from: &stream, &found)
            }
            part = try stream.next()
        }
        if pass.isOver { return found }
        try listed.finish()
        if case .directory(let start) = part { try stream.finish(start: start) }
        found.isComplete = true
        return found
    }

    private func takeHead(
        _ head: StreamHead, _ listed: inout ListedFiles, _ contents: PackageContents, by pass: inout ReadingPass
    ) throws {
        for name in [PackageEntryName.manifest, PackageEntryName.metadata] {
            guard let bytes = head.files[name], let file = try listed.take(name, size: Int64(bytes.count)) else {
                continue
            }
            if pass.isOver { return }
            try pass.conclude(file, try pass.copy(file, from: bytes), crc32: nil)
        }
    }

    private func knownSize(_ header: ZipLocalHeader) -> Int64? {
        header.fields.hasDescriptor && header.fields.size == 0 ? nil : Int64(clamping: header.fields.size)
    }

    private func take(
        _ file: PackageFile, _ header: ZipLocalHeader, from stream: inout ZipStream, by pass: inout ReadingPass
    ) throws {
        let outcome = try pass.copy(file, from: .stream(stream.input))
        stream.skip(outcome.count)
        guard outcome.count == file.size else {
            throw BundleError.truncated("the stream ends in the middle of \(file.path)")
        }
        var crc = header.fields.crc32
        if header.fields.hasDescriptor {
            crc = try stream.takeDescriptor(isZip64: header.isZip64, crc32: outcome.crc32)
        }
        try pass.conclude(file, outcome, crc32: crc)
    }

    private func takeUnlisted(
        _ name: String, _ header: ZipLocalHeader, from stream: inout ZipStream,
        _ found: inout PackageReader.Signatures
    ) throws {
        let limit: Int64
        switch name {
        case PackageEntryName.signature: limit = ArchiveBody.maximumSignature
        case PackageEntryName.modelSignature: limit = ArchiveBody.maximumModelSignature
        default: throw EntryNameSet.refusal(.twice, name, "is there twice")
        }
        guard !header.fields.hasDescriptor || header.fields.size > 0 else {
            throw BundleError(
                breaking: StructureRule.streamSize,
                "validation failed: \(name) does not say its size before its end, in a stream",
                hint: "Read the package from a file, or put \(name) in front of the data.")
        }
        guard header.fields.size <= UInt64(limit) else { throw BundleError.tooLarge(name, limit) }
        let bytes = try stream.take(Int(header.fields.size))
        let actual = CRC32.checksum(of: bytes)
        var crc = header.fields.crc32
        if header.fields.hasDescriptor { crc = try stream.takeDescriptor(isZip64: header.isZip64, crc32: actual) }
        guard actual == crc else { throw BundleError.wrongCRC(name) }
        if name == PackageEntryName.signature { found.signature = bytes } else { found.modelSignature = bytes }
    }
}
