// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import COpenSSL

extension SignaturePacket {
    /// Whether the first bytes of the digest, which the packet carries openly, are those of these bytes; `nil` where
    /// that cannot be told.
    ///
    /// It needs no key: a signature over something else is told from one that a key unknown here made, but for one in
    /// 65,536.
    ///
    /// - Throws: `BundleError`, code `library`, when OpenSSL fails.
    ///
    /// Source: RFC 9580, section 5.2.4.
    func fits(_ document: [UInt8]) throws(BundleError) -> Bool? {
        guard version == 4, type == 0, let algorithm = digest?.algorithm, let (hashed, left) = digestParts else {
            return nil
        }
        let length = UInt32(hashed.count)
        let trailer: [UInt8] = [
            4, 0xFF, UInt8(length >> 24), UInt8(length >> 16 & 0xFF), UInt8(length >> 8 & 0xFF), UInt8(length & 0xFF),
        ]
        let bytes = document + hashed + trailer
        var digest = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        guard EVP_Digest(bytes, bytes.count, &digest, nil, algorithm, nil) == 1 else {
            throw BundleError(.library, "OpenSSL could not compute a digest")
        }
        return digest.prefix(2).elementsEqual(left)
    }
}

extension SignatureDigest {
    fileprivate var algorithm: OpaquePointer? {
        switch identifier {
        case 2: EVP_sha1()
        case 8: EVP_sha256()
        case 9: EVP_sha384()
        case 10: EVP_sha512()
        case 11: EVP_sha224()
        default: nil
        }
    }
}
