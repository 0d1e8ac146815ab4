// SPDX-License-Identifier: Apache-2.0

internal import CArchive
internal import Glibc

/// The content of a Zstandard stream, decompressed by libarchive.
///
/// Only the filter is used: what is inside is read by `TarReader`, which is stricter than any reader of libarchive.
///
/// Source: RFC 8878; archive_read(3).
final class ZstandardSource: ByteSource {
    private let feed: ArchiveFeed
    private let archive: OpaquePointer
    private var isOpen = false
    private var isFinished = false

    var mediumCount: Int64 { feed.upstream.mediumCount }

    /// - Throws: `BundleError`, code `outOfMemory` or `library`.
    init(_ upstream: any ByteSource) throws(BundleError) {
        feed = ArchiveFeed(upstream)
        guard let archive = archive_read_new() else {
            throw BundleError(.outOfMemory, "there is no memory for decompression")
        }
        self.archive = archive
        guard archive_read_support_filter_zstd(archive) == ARCHIVE_OK,
            archive_read_support_format_raw(archive) == ARCHIVE_OK
        else { throw BundleError(.library, "libarchive cannot read Zstandard: \(ArchiveText.error(of: archive))") }
    }

    deinit { archive_read_free(archive) }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        if !isOpen { try open() }
        var done = 0
        while done < buffer.count, !isFinished {
            let count = archive_read_data(archive, buffer.baseAddress?.advanced(by: done), buffer.count - done)
            guard count >= 0 else { throw fault() }
            if count == 0 { try finish() }
            done += count
        }
        return done
    }

    private func open() throws {
        isOpen = true
        // The feed lives as long as this object, and so longer than the archive.
        let client = Unmanaged.passUnretained(feed).toOpaque()
        let read:
            @convention(c) (OpaquePointer?, UnsafeMutableRawPointer?, UnsafeMutablePointer<UnsafeRawPointer?>?)
                -> la_ssize_t = { archive, client, place in
                    guard let client, let place else { return -1 }
                    let feed = Unmanaged<ArchiveFeed>.fromOpaque(client).takeUnretainedValue()
                    place.pointee = UnsafeRawPointer(feed.buffer.baseAddress)
                    return feed.next()
                }
        var entry: OpaquePointer?
        guard archive_read_open(archive, client, nil, read, nil) == ARCHIVE_OK,
            archive_read_next_header(archive, &entry) == ARCHIVE_OK
        else { throw fault() }
    }

    private func finish() throws {
        isFinished = true
        guard archive_filter_bytes(archive, -1) == feed.count, feed.next() == 0, feed.failure == nil else {
            throw feed.failure
                ?? BundleError.bundle(.compression, "there are bytes behind the end of the Zstandard data")
        }
    }

    private func fault() -> any Error {
        if let failure = feed.failure { return failure }
        let reason = ArchiveText.error(of: archive)
        return reason.contains("Truncated") || feed.count == 0
            ? BundleError.shortBundle("the compressed data ends too early")
            : BundleError.bundle(.compression, "the Zstandard data is damaged: \(reason)")
    }
}

/// Hands bytes to libarchive and keeps what went wrong.
private final class ArchiveFeed {
    let upstream: any ByteSource
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 64)
    private(set) var count: Int64 = 0
    private(set) var failure: (any Error)?
    private var frame = ZstandardFrame()

    init(_ upstream: any ByteSource) { self.upstream = upstream }

    deinit { buffer.deallocate() }

    func next() -> la_ssize_t {
        do {
            let got = try upstream.read(into: buffer)
            count += Int64(got)
            try frame.take(UnsafeRawBufferPointer(rebasing: buffer[..<got]))
            return got
        } catch {
            failure = error
            return -1
        }
    }
}

enum ArchiveText {
    /// What libarchive says went wrong last.
    static func error(of archive: OpaquePointer) -> String {
        archive_error_string(archive).map { String(cString: $0) } ?? "no reason was given"
    }
}
