// SPDX-License-Identifier: Apache-2.0

package import BaigoCore
internal import COpenSSL

/// One running SHA-256 computation by OpenSSL, never shared.
///
/// Source: EVP_DigestInit(3).
package struct SHA256Hasher: ~Copyable {
    private let context: OpaquePointer

    /// Starts a computation.
    ///
    /// - Throws: `BundleError`, code `outOfMemory` or `library`.
    package init() throws(BundleError) {
        guard let context = EVP_MD_CTX_new() else {
            throw BundleError(.outOfMemory, "no memory for a digest context")
        }
        guard EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1 else {
            EVP_MD_CTX_free(context)
            throw BundleError(.library, "OpenSSL could not start SHA-256: \(Self.lastLibraryError)")
        }
        self.context = context
    }

    deinit { EVP_MD_CTX_free(context) }

    /// Adds bytes.
    ///
    /// - Throws: `BundleError`, code `library`.
    package mutating func update(_ bytes: UnsafeRawBufferPointer) throws(BundleError) {
        guard EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) == 1 else {
            throw BundleError(.library, "OpenSSL could not hash: \(Self.lastLibraryError)")
        }
    }

    /// Ends the computation.
    ///
    /// - Throws: `BundleError`, code `library`.
    package consuming func finalize() throws(BundleError) -> SHA256Digest {
        var bytes = [UInt8](repeating: 0, count: 32)
        guard EVP_DigestFinal_ex(context, &bytes, nil) == 1, let digest = SHA256Digest(bytes: bytes) else {
            throw BundleError(.library, "OpenSSL could not end SHA-256: \(Self.lastLibraryError)")
        }
        return digest
    }

    private static var lastLibraryError: String {
        var text = [CChar](repeating: 0, count: 256)
        ERR_error_string_n(ERR_get_error(), &text, text.count)
        return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}

extension SHA256Digest {
    /// The digest of bytes in memory.
    ///
    /// - Throws: `BundleError`, code `outOfMemory` or `library`.
    package init(of bytes: [UInt8]) throws(BundleError) {
        var hasher = try SHA256Hasher()
        var failure: BundleError?
        bytes.withUnsafeBytes { buffer in
            do throws(BundleError) { try hasher.update(buffer) } catch { failure = error }
        }
        if let failure { throw failure }
        self = try hasher.finalize()
    }
}
