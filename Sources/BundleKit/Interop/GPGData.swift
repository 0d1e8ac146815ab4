// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import CGPGME
internal import Glibc

/// Owns one GPGME data object in memory.
///
/// Source: the GPGME manual, chapter "Exchanging Data".
struct GPGData: ~Copyable {
    let raw: gpgme_data_t

    /// Makes an object with a copy of bytes, for reading; without bytes for writing.
    ///
    /// - Throws: `BundleError`, code `outOfMemory` or `library`.
    init(_ bytes: [UInt8] = []) throws(BundleError) {
        var data: gpgme_data_t?
        let error = bytes.withUnsafeBytes { buffer in
            guard let start = buffer.baseAddress, !buffer.isEmpty else { return gpgme_data_new(&data) }
            return gpgme_data_new_from_mem(&data, start.assumingMemoryBound(to: CChar.self), buffer.count, 1)
        }
        try GPGContext.check(error, "could not take data")
        guard let data else { throw BundleError(.outOfMemory, "no memory for OpenPGP data") }
        raw = data
    }

    /// Makes an object to read a document from.
    ///
    /// - Throws: `BundleError`, code `outOfMemory` or `library`.
    init(_ document: SignedDocument) throws(BundleError) {
        switch document {
        case .bytes(let bytes): try self.init(bytes)
        case .file(let file): try self.init(reading: file)
        }
    }

    /// Makes an object that reads a file from its start; the file has to stay open as long as this object lives.
    private init(reading file: OwnedDescriptor) throws(BundleError) {
        var data: gpgme_data_t?
        guard lseek(file.raw, 0, SEEK_SET) == 0 else {
            throw BundleError(.library, "\(file.path.escapedForOneLine) cannot be read from its start")
        }
        try GPGContext.check(gpgme_data_new_from_fd(&data, file.raw), "could not take a file")
        guard let data else { throw BundleError(.outOfMemory, "no memory for OpenPGP data") }
        raw = data
    }

    deinit { gpgme_data_release(raw) }

    /// What was written, up to `limit` bytes.
    ///
    /// - Throws: `BundleError`, code `library`, when there is more or it cannot be read.
    borrowing func bytes(limit: Int) throws(BundleError) -> [UInt8] {
        gpgme_data_seek(raw, 0, SEEK_SET)
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = gpgme_data_read(raw, &buffer, buffer.count)
            guard count >= 0 else { throw BundleError(.library, "GnuPG's answer could not be read") }
            guard count > 0 else { return bytes }
            bytes += buffer.prefix(count)
            guard bytes.count <= limit else { throw BundleError(.library, "GnuPG's answer is too long") }
        }
    }
}
