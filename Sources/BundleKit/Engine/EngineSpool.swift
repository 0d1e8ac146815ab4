// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import Glibc

/// Copies an engine pack to a file without a name, and hashes it on the way.
enum EngineSpool {
    /// Bytes of free space that stay free.
    private static let reserve: Int64 = 64 << 20

    /// - Returns: The copy, its digest and its size in bytes.
    /// - Throws: `FileError`, code `noSpace`, where there is no room; `CancellationError`.
    static func copy(
        _ file: OwnedDescriptor, to folder: Folder, _ progress: any ProgressObserver
    ) throws -> (copy: OwnedDescriptor, digest: SHA256Digest, size: Int64) {
        let total = try file.status().size
        let free = try folder.freeSpace().bytes - reserve
        guard total <= free else {
            throw FileError(
                .noSpace,
                "\(file.path.escapedForTerminal) does not fit into \(folder.path.escapedForTerminal), where "
                    + "\(ByteCount(max(free, 0))) are free",
                hint: "An engine pack is copied before it is judged; set TMPDIR to a folder that has more room.")
        }
        let copy = try hiddenFile(in: folder)
        file.expectSequentialReading()
        var hasher = try SHA256Hasher()
        var offset: Int64 = 0
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
        defer { buffer.deallocate() }
        progress.report(.hashing, completed: 0, total: total)
        while offset < total {
            try Task.checkCancellation()
            let wanted = Int(min(Int64(buffer.count), total - offset))
            let count = try file.read(at: offset, into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<wanted]))
            guard count > 0 else { throw BundleError.sourceChanged(file.path) }
            let part = UnsafeRawBufferPointer(rebasing: buffer[..<count])
            try hasher.update(part)
            try copy.write(part, at: offset)
            offset += Int64(count)
            progress.report(.hashing, completed: offset, total: total)
        }
        return (copy, try hasher.finalize(), offset)
    }

    private static func hiddenFile(in folder: Folder) throws(FileError) -> OwnedDescriptor {
        let name = ".baigo-engine.\(getpid())"
        if let file = try folder.unnamedFile(for: name) { return file }
        let file = try folder.file(creating: name)
        try folder.removeFile(name)
        return file
    }
}
