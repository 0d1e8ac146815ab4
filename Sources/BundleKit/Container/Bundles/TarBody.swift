// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore

/// The files of a package in a plain tar archive that is a file: their data is read where it stands.
struct TarBody: Sendable {
    private struct Place {
        /// Bytes from the start of the archive.
        let fileOffset: Int64
        let size: Int64
    }

    let file: OwnedDescriptor
    let status: FileStatus
    /// Names and sizes of all files, in the order of their data.
    let names: [(name: String, size: Int64)]
    private let places: [String: Place]

    /// Reads all headers, and checks the archive to its end.
    ///
    /// - Returns: `nil` for a bundle without a manifest, which has to be unpacked to make one.
    /// - Throws: `BundleError` by the rule that is broken; `FileError`; `CancellationError`.
    init?(reading file: OwnedDescriptor) throws {
        let status = try file.status()
        let source = ArchiveFile(file, size: status.size)
        var reader = TarReader(source)
        var found: [(name: String, place: Place)] = []
        var folders: [String] = []
        while let entry = try reader.next() {
            guard !entry.isFolder else {
                folders.append(entry.name)
                continue
            }
            found.append((entry.name, Place(fileOffset: source.mediumCount, size: entry.size)))
            try reader.skipData()
        }
        let prefix = Self.prefix(of: found.map(\.name), folders)
        let inner = found.map {
            (name: String(decoding: $0.name.utf8.dropFirst(prefix.count), as: UTF8.self), place: $0.place)
        }
        guard inner.contains(where: { $0.name == PackageEntryName.manifest }) else { return nil }
        self.file = file
        self.status = status
        names = inner.map { ($0.name, $0.place.size) }
        places = Dictionary(inner.map { ($0.name, $0.place) }, uniquingKeysWith: { first, _ in first })
    }

    /// The folder that everything is in, if it holds what makes a package, with a `/`; else nothing.
    private static func prefix(of files: [String], _ folders: [String]) -> [UInt8] {
        guard let first = files.first?.utf8.split(separator: UInt8(ascii: "/")).first else { return [] }
        let prefix = Array(first) + [UInt8(ascii: "/")]
        let isAlone =
            files.allSatisfy { $0.utf8.starts(with: prefix) }
            && folders.allSatisfy { (Array($0.utf8) + [UInt8(ascii: "/")]).starts(with: prefix) }
        let marks = Set(BundleKind.marks.map { prefix + Array($0.utf8) })
        return isAlone && files.contains { marks.contains(Array($0.utf8)) } ? prefix : []
    }

    /// The whole of a small file; `nil` where there is none of that name.
    ///
    /// - Throws: `BundleError`, code `structure`, above `limit` bytes, `sourceChanged`; `FileError`.
    func bytes(of name: String, limit: Int64) throws -> [UInt8]? {
        guard let place = places[name] else { return nil }
        guard place.size <= limit else { throw BundleError.tooLarge(name, limit) }
        let bytes = try file.bytes(at: place.fileOffset, count: Int(place.size))
        guard bytes.count == place.size, try file.status().isUnchanged(since: status) else {
            throw BundleError.sourceChanged(file.path)
        }
        return bytes
    }

    /// Opens the data of a file; `nil` where there is none of that name.
    func open(_ name: String) -> OpenedInput? {
        guard let place = places[name] else { return nil }
        return OpenedInput(source: .file(file, at: place.fileOffset), crc32: nil) {
            guard try file.status().isUnchanged(since: status) else { throw BundleError.sourceChanged(file.path) }
        }
    }
}

/// A file from its start, whatever its position is.
final class ArchiveFile: ByteSource {
    private let file: OwnedDescriptor
    private let size: Int64
    private(set) var mediumCount: Int64 = 0

    init(_ file: OwnedDescriptor, size: Int64) {
        self.file = file
        self.size = size
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        try Task.checkCancellation()
        let count = try file.read(at: mediumCount, into: buffer)
        mediumCount += Int64(count)
        return count
    }

    func skip(_ count: Int64) throws -> Int64? {
        let passed = min(count, size - mediumCount)
        mediumCount += passed
        return passed
    }
}
