// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore

/// What a stream starts with: the manifest, the lists, and the header of the first entry behind them.
struct StreamHead: Sendable {
    /// What can be done with a stream, by its start.
    enum Kind: Sendable {
        /// Manifest and list come first and sizes are known: it can be read as it arrives.
        case canonical(StreamHead)
        /// Everything taken so far, to be put in front of the rest, and the bytes of the whole that are taken at the
        /// most, if the manifest tells.
        case other([UInt8], limit: Int64?)
    }

    /// Bytes beside the files' own that a package may have: headers, padding, lists, signatures, directory.
    private static let overhead: Int64 = 128 << 20

    private static let limits: [String: Int64] = [
        PackageEntryName.manifest: Int64(Manifest.maximumBytes),
        PackageEntryName.metadata: ArchiveBody.maximumMetadata,
        PackageEntryName.checksums: Int64(ChecksumList.maximumBytes),
        PackageEntryName.signature: ArchiveBody.maximumSignature,
    ]

    let contents: PackageContents
    /// The entries before the data, by name.
    let files: [String: [UInt8]]
    let stream: ZipStream
    /// What comes next.
    let pending: ZipStream.Part
    /// Bytes of the whole at the most.
    let limit: Int64

    /// Reads the start of a stream.
    ///
    /// - Throws: `BundleError` by the rule that is broken; `FileError`; `CancellationError`.
    static func read(_ input: OwnedDescriptor, after start: [UInt8] = []) throws -> Kind {
        var stream = ZipStream(input, after: start)
        var taken: [UInt8] = []
        var files: [String: [UInt8]] = [:]
        while true {
            let part = try stream.next { taken += $0 }
            guard case .entry(let header) = part else {
                return try kind(stream, part, files, taken)
            }
            let name = String(decoding: header.fields.name, as: UTF8.self)
            guard let limit = limits[name], !header.fields.hasDescriptor, files[name] == nil else {
                return try kind(stream, part, files, taken)
            }
            guard header.fields.size <= UInt64(limit) else { throw BundleError.tooLarge(name, limit) }
            let bytes = try stream.take(Int(header.fields.size))
            guard CRC32.checksum(of: bytes) == header.fields.crc32 else { throw BundleError.wrongCRC(name) }
            taken += bytes
            files[name] = bytes
        }
    }

    private static func kind(
        _ stream: ZipStream, _ pending: ZipStream.Part, _ files: [String: [UInt8]], _ taken: [UInt8]
    ) throws -> Kind {
        guard let manifest = files[PackageEntryName.manifest], !Manifest.isForeign(manifest) else {
            return .other(taken, limit: nil)
        }
        if case .entry(let header) = pending, header.fields.hasDescriptor {
            return .other(taken, limit: try limit(manifest))
        }
        guard let checksums = files[PackageEntryName.checksums] else {
            return .other(taken, limit: try limit(manifest))
        }
        let contents = try PackageContents(manifestBytes: manifest, checksumsBytes: checksums)
        return .canonical(
            StreamHead(
                contents: contents, files: files, stream: stream, pending: pending, limit: try limit(manifest)))
    }

    /// Bytes that a package with this manifest has at the most; `nil` where it cannot be read.
    static func announced(by manifest: [UInt8]) -> Int64? {
        guard !Manifest.isForeign(manifest) else { return nil }
        do throws(BundleError) { return try limit(manifest) } catch { return nil }
    }

    private static func limit(_ manifest: [UInt8]) throws(BundleError) -> Int64 {
        try Manifest(reading: manifest).totalSize + overhead
    }

    static var surplus: BundleError {
        BundleError.structure(.streamSurplus, "there are more bytes than the manifest announces")
    }
}
