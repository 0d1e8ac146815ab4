// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import SystemPackage

/// How much a compressed bundle may grow.
enum UnpackingLimit {
    /// Times the compressed size: weights hardly halve, and the largest bomb of 10 MB is done with in a second.
    static let ratio: Int64 = 32
    /// Bytes that any bundle may have.
    static let floor: Int64 = 64 << 20
    /// Bytes of free space that stay free.
    static let reserve: Int64 = 64 << 20

    /// Files and folders that are made: each costs time, and compressed next to no room.
    static let entries = 4096

    /// Whether so many bytes may come out of so many on the medium.
    static func allows(_ count: Int64, from mediumCount: Int64) -> Bool {
        let (limit, overflow) = mediumCount.multipliedReportingOverflow(by: ratio)
        return overflow || count <= max(limit, floor)
    }
}

/// Writes the files of a tar archive into a folder.
struct BundleUnpacker {
    private let folder: Folder
    private var reader: TarReader
    private let source: any ByteSource
    /// Bytes of the bundle on its medium; `nil` on a pipe.
    private let mediumSize: Int64?
    private var folders: [String: Folder] = [:]
    private var made = 0
    private var total: Int64 = 0
    private let free: Int64
    /// Bytes that the manifest announces, once it was met.
    private var announced: Int64?

    init(_ source: any ByteSource, mediumSize: Int64?, into folder: Folder) throws(FileError) {
        self.source = source
        self.mediumSize = mediumSize
        self.folder = folder
        reader = TarReader(source)
        free = try folder.freeSpace().bytes - UnpackingLimit.reserve
    }

    /// Unpacks everything.
    ///
    /// Sizes are held against the free space, and against what the compressed bytes can honestly hold, before a file is
    /// begun.
    ///
    /// - Throws: `BundleError` by the rule that is broken; `FileError`, code `noSpace`; `CancellationError`.
    mutating func run() throws {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
        defer { buffer.deallocate() }
        while let entry = try reader.next() {
            if entry.isFolder {
                _ = try inner(entry.name[...])
                continue
            }
            try check(entry)
            try count()
            let parent = entry.name.lastIndex(of: "/").map { entry.name[..<$0] } ?? ""
            let last = entry.name.split(separator: "/").last.map(String.init) ?? entry.name
            let file = try inner(parent).file(creating: last)
            var offset: Int64 = 0
            while true {
                try Task.checkCancellation()
                let count = try reader.read(into: buffer)
                if count == 0 { break }
                try file.write(UnsafeRawBufferPointer(rebasing: buffer[..<count]), at: offset)
                offset += Int64(count)
                guard UnpackingLimit.allows(total - entry.size + offset, from: source.mediumCount) else {
                    throw Self.bomb
                }
            }
            if Self.isManifest(entry) {
                announced = StreamHead.announced(by: try file.bytes(at: 0, count: Int(entry.size)))
            }
        }
    }

    /// A manifest at the top, or in the one folder that everything may be in.
    private static func isManifest(_ entry: TarReader.Entry) -> Bool {
        let parts = entry.name.split(separator: "/")
        return parts.count <= 2 && parts.last.map(String.init) == PackageEntryName.manifest
            && entry.size <= Int64(Manifest.maximumBytes)
    }

    private mutating func check(_ entry: TarReader.Entry) throws {
        let (sum, overflow) = total.addingReportingOverflow(entry.size)
        guard !overflow else { throw BundleError.bundle(.unpackedSize, "the sizes are too large together") }
        total = sum
        if let announced, total > announced { throw StreamHead.surplus }
        if let mediumSize, !UnpackingLimit.allows(total, from: mediumSize) { throw Self.bomb }
        guard total <= free else {
            throw FileError(
                .noSpace,
                "unpacking needs \(ByteCount(total)) in \(folder.path.escapedForTerminal), where "
                    + "\(ByteCount(max(free, 0))) are free",
                hint: "Free some space, or set TMPDIR to a folder that has more.")
        }
    }

    private mutating func count() throws(BundleError) {
        made += 1
        guard made <= UnpackingLimit.entries else {
            throw BundleError(
                .tooManyEntries, "validation failed: the bundle has more than 4,096 files and folders",
                hint: "Ask the sender for a .baimodel package.")
        }
    }

    private mutating func inner(_ path: Substring) throws -> Folder {
        guard !path.isEmpty else { return folder }
        if let known = folders[String(path)] { return known }
        let parent = path.lastIndex(of: "/").map { path[..<$0] } ?? ""
        let name = path.lastIndex(of: "/").map { path[path.index(after: $0)...] } ?? path
        let folder = try inner(parent).folder(making: String(name))
        try count()
        // Descriptors are few; deep or wide trees open their folders again.
        if folders.count == 64 { folders = [:] }
        folders[String(path)] = folder
        return folder
    }

    private static var bomb: BundleError {
        BundleError.bundle(
            .unpackedSize, "the bundle unpacks to more than \(UnpackingLimit.ratio) times its size: no model does")
    }
}
