// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import CArchive

/// Compresses bytes with libarchive: the same bytes for the same input, no time and no name in the header.
///
/// Source: archive_write(3), archive_write_set_options(3).
final class ArchiveCompressor {
    /// A method of compression.
    enum Method { case gzip, zstandard }

    private let archive: OpaquePointer
    private let output: CompressorOutput
    private var isFinished = false

    /// - Parameters:
    ///   - method: How to compress.
    ///   - write: Takes the compressed bytes.
    /// - Throws: `BundleError`, code `outOfMemory` or `library`.
    init(_ method: Method, write: @escaping (UnsafeRawBufferPointer) throws -> Void) throws {
        guard let archive = archive_write_new() else {
            throw BundleError(.outOfMemory, "there is no memory for compression")
        }
        self.archive = archive
        output = CompressorOutput(write)
        try check(archive_write_set_format_raw(archive))
        switch method {
        case .gzip:
            try check(archive_write_add_filter_gzip(archive))
            try check(archive_write_set_filter_option(archive, "gzip", "timestamp", nil))
            // Weights hardly shrink; a higher level costs minutes and gains nothing.
            try check(archive_write_set_filter_option(archive, "gzip", "compression-level", "1"))
        case .zstandard:
            try check(archive_write_add_filter_zstd(archive))
            try check(archive_write_set_filter_option(archive, "zstd", "compression-level", "3"))
        }
        try check(archive_write_set_bytes_per_block(archive, 0))
        try open()
    }

    deinit {
        // What was not finished must not be given an end.
        if !isFinished { archive_write_fail(archive) }
        archive_write_free(archive)
    }

    private func open() throws {
        // The output lives as long as this object, and so longer than the archive.
        let client = Unmanaged.passUnretained(output).toOpaque()
        let write: @convention(c) (OpaquePointer?, UnsafeMutableRawPointer?, UnsafeRawPointer?, Int) -> la_ssize_t = {
            _, client, bytes, count in
            guard let client, let bytes else { return count == 0 ? 0 : -1 }
            let output = Unmanaged<CompressorOutput>.fromOpaque(client).takeUnretainedValue()
            return output.take(UnsafeRawBufferPointer(start: bytes, count: count))
        }
        try check(archive_write_open(archive, client, nil, write, nil))
        guard let entry = archive_entry_new() else {
            throw BundleError(.outOfMemory, "there is no memory for compression")
        }
        defer { archive_entry_free(entry) }
        archive_entry_set_filetype(entry, 0o100000)
        archive_entry_set_pathname(entry, "data")
        try check(archive_write_header(archive, entry))
    }

    /// Compresses more bytes.
    func write(_ bytes: UnsafeRawBufferPointer) throws {
        var done = 0
        while done < bytes.count {
            let count = archive_write_data(archive, bytes.baseAddress?.advanced(by: done), bytes.count - done)
            guard count > 0 else { throw fault() }
            done += count
        }
    }

    /// Writes out what is left.
    func finish() throws {
        try check(archive_write_close(archive))
        isFinished = true
    }

    private func check(_ result: CInt) throws {
        guard result == ARCHIVE_OK else { throw fault() }
    }

    private func fault() -> any Error {
        output.failure ?? BundleError(.library, "libarchive cannot compress: \(ArchiveText.error(of: archive))")
    }
}

/// Takes compressed bytes from libarchive and keeps what went wrong.
private final class CompressorOutput {
    private let write: (UnsafeRawBufferPointer) throws -> Void
    private(set) var failure: (any Error)?

    init(_ write: @escaping (UnsafeRawBufferPointer) throws -> Void) { self.write = write }

    func take(_ bytes: UnsafeRawBufferPointer) -> la_ssize_t {
        guard failure == nil else { return -1 }
        do {
            try write(bytes)
            return bytes.count
        } catch {
            failure = error
            return -1
        }
    }
}
