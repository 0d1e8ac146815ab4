// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore

/// A model's own card: what its makers wrote about it.
package struct PackagedCard: Sendable {
    /// The entry's name.
    package let path: String
    /// The bytes, compared with their digest.
    package let bytes: [UInt8]
}

extension PackageReader {
    /// Bytes of a card that are read at the most.
    private static let maximumCardBytes: Int64 = 16 << 20

    /// Reads the model's card: the file of that role that is nearest to the top, `README.md` before others.
    ///
    /// - Returns: `nil` where there is none.
    /// - Throws: `BundleError`: `digestMismatch`, `crcMismatch`, `sourceChanged`, `structure` above 16 MiB,
    ///   `invalidRequest` for a package from a stream; `FileError`.
    package func card() throws -> PackagedCard? {
        func order(_ file: PackageFile) -> (Int, Int, String) {
            let parts = file.path.split(separator: "/")
            return (parts.count, parts.last?.lowercased() == "readme.md" ? 0 : 1, file.path)
        }
        guard let file = files.filter({ $0.role == .card }).min(by: { order($0) < order($1) }) else { return nil }
        guard file.size <= Self.maximumCardBytes else { throw BundleError.tooLarge(file.path, Self.maximumCardBytes) }
        if case .stream = body {
            throw BundleError(
                .invalidRequest, "the card of a package from a stream cannot be read before its data",
                hint: "Save the package to a file first.")
        }
        let opened = try open(file)
        var bytes = [UInt8](repeating: 0, count: Int(file.size))
        let count = try bytes.withUnsafeMutableBytes { try opened.source.read(at: 0, into: $0) }
        try opened.checkUnchanged()
        let outcome = DataOutcome(
            digest: try SHA256Digest(of: bytes), crc32: CRC32.checksum(of: bytes), count: Int64(count), content: nil)
        if let fault = FileVerdict(of: file, outcome, crc32: opened.crc32).error(in: source) { throw fault }
        return PackagedCard(path: file.path, bytes: bytes)
    }
}
