// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import Glibc

/// Copies a stream that cannot be read as it arrives to a file without a name.
///
/// No more is taken than the manifest announces, wherever in the stream it stands, and than there is room for.
enum Spool {
    /// Bytes of free space that stay free.
    private static let reserve: Int64 = 64 << 20

    /// Copies everything: `start`, which was taken from the stream already, and the rest, up to `limit` bytes together.
    ///
    /// - Throws: `BundleError`, code `structure`, beyond the limit; `FileError`, code `noSpace`, where there is no room;
    ///   `CancellationError`.
    static func copy(
        _ stream: OwnedDescriptor, after start: [UInt8], limit: Int64?, in folder: Folder
    ) throws -> OwnedDescriptor {
        let file = try hiddenFile(in: folder)
        let free = try folder.freeSpace().bytes - reserve
        var watch = EntryWatch()
        var size: Int64 = 0
        func take(_ bytes: UnsafeRawBufferPointer) throws {
            watch.take(bytes)
            if let limit = limit ?? watch.limit, size + Int64(bytes.count) > limit { throw StreamHead.surplus }
            guard size + Int64(bytes.count) <= free else { throw noSpace(folder, free) }
            try file.write(bytes, at: size)
            size += Int64(bytes.count)
        }
        try start.withUnsafeBytes(take)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
        defer { buffer.deallocate() }
        while true {
            let got = try stream.readStream(into: buffer)
            try take(UnsafeRawBufferPointer(rebasing: buffer[..<got]))
            if got < buffer.count { return file }
        }
    }

    private static func noSpace(_ folder: Folder, _ free: Int64) -> FileError {
        FileError(
            .noSpace,
            "the package does not fit into \(folder.path.escapedForTerminal), where \(ByteCount(max(free, 0))) are free",
            hint:
                "Its lists do not come first, so that it has to be kept: save it to a file, or set TMPDIR to a folder "
                + "that has more room.")
    }

    private static func hiddenFile(in folder: Folder) throws(FileError) -> OwnedDescriptor {
        let name = ".baigo-spool.\(getpid())"
        if let file = try folder.unnamedFile(for: name) { return file }
        let file = try folder.file(creating: name)
        try folder.removeFile(name)
        return file
    }
}

/// Follows the entries of an archive that goes by, as far as their headers say their sizes, to find the manifest.
///
/// What is wrong with the archive is not judged here: the reader of the whole does.
struct EntryWatch {
    private enum Part {
        case fixed, header, manifest
    }

    private enum State {
        case passing(Int64)
        case collecting(Part, count: Int)
        case over
    }

    /// Bytes that the whole may have, once the manifest was met.
    private(set) var limit: Int64?
    private var state = State.collecting(.fixed, count: ZipFormat.localBytes)
    private var pending: [UInt8] = []

    /// Takes the next bytes.
    mutating func take(_ bytes: UnsafeRawBufferPointer) {
        var rest = bytes[...]
        while !rest.isEmpty {
            switch state {
            case .over: return
            case .passing(let count):
                let passed = min(count, Int64(rest.count))
                rest = rest.dropFirst(Int(passed))
                state = count > passed ? .passing(count - passed) : .collecting(.fixed, count: ZipFormat.localBytes)
            case .collecting(let part, let count):
                let taken = rest.prefix(count - pending.count)
                pending += taken
                rest = rest.dropFirst(taken.count)
                guard pending.count == count else { return }
                do throws(BundleError) { state = try next(behind: part) } catch { state = .over }
            }
        }
    }

    private mutating func next(behind part: Part) throws(BundleError) -> State {
        let bytes = pending
        switch part {
        case .fixed:
            return .collecting(.header, count: try ZipLocalHeader.length(from: bytes[...]))
        case .header:
            pending = []
            let fields = try ZipLocalHeader(reading: bytes[...]).fields
            guard !fields.hasDescriptor, let size = Int64(exactly: fields.size) else { return .over }
            guard fields.name == Array(PackageEntryName.manifest.utf8), size <= Int64(Manifest.maximumBytes) else {
                return .passing(size)
            }
            return .collecting(.manifest, count: Int(size))
        case .manifest:
            pending = []
            limit = StreamHead.announced(by: bytes)
            return .over
        }
    }
}
