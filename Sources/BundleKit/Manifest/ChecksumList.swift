// SPDX-License-Identifier: Apache-2.0

package import BaigoCore

/// The content of `checksums.txt`: a digest for every entry but itself and signatures.
///
/// The form is the one that `sha256sum --strict -c` reads.
package struct ChecksumList: Sendable, Equatable {
    /// Names that a list never holds.
    package static let unlistedNames: Set<String> = ["checksums.txt", "checksums.txt.asc", "model.sig"]
    /// Bytes that are read at the most.
    package static let maximumBytes = 16 << 20

    /// The digest of each entry by its name.
    package let digests: [String: SHA256Digest]

    /// Takes over digests by name.
    package init(digests: [String: SHA256Digest]) {
        self.digests = digests
    }

    /// Reads a list.
    ///
    /// Each line is 64 lower-case hexadecimal digits, two spaces or a space and `*`, the name, LF; no name twice. In the
    /// lists of plain tools names may start with `./`, which is not part of the name.
    ///
    /// `list` is what the file is called.
    ///
    /// - Throws: `BundleError`, code `checksums`, with the number of the line, or `unsafeEntryName`.
    package init(
        reading bytes: [UInt8], allowingDotSlash: Bool = false, named list: String = PackageEntryName.checksums
    ) throws(BundleError) {
        guard bytes.count <= Self.maximumBytes else {
            throw Self.refusal(list, .tooLarge, "is larger than \(ByteCount(Self.maximumBytes))")
        }
        guard let last = bytes.last else { throw Self.refusal(list, .empty, "is empty") }
        guard last == 0x0A else { throw Self.refusal(list, .unendedLine, "does not end with a line feed") }
        var digests: [String: SHA256Digest] = [:]
        for (index, line) in bytes.dropLast().split(separator: 0x0A, omittingEmptySubsequences: false).enumerated() {
            let number = index + 1
            let start = line.startIndex
            guard line.count > 66, line[start + 64] == 0x20, [0x20, UInt8(ascii: "*")].contains(line[start + 65]),
                let digest = SHA256Digest(hex: String(decoding: line[start..<start + 64], as: UTF8.self))
            else {
                throw Self.refusal(list, .malformedLine, "has a malformed line \(number)")
            }
            var bytes = line[(start + 66)...]
            if allowingDotSlash, bytes.starts(with: Array("./".utf8)) { bytes = bytes.dropFirst(2) }
            let name = try EntryName.validate(Array(bytes))
            guard !Self.unlistedNames.contains(name) else {
                throw Self.refusal(list, .unlistable, "lists \(name) in line \(number)")
            }
            guard digests.updateValue(digest, forKey: name) == nil else {
                throw Self.refusal(list, .duplicateLine, "lists \(name) twice, again in line \(number)")
            }
        }
        self.digests = digests
    }

    /// The list as baigo writes it: sorted by the bytes of the name.
    package var bytes: [UInt8] {
        digests.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
            .flatMap { "\($0.value.hex)  \($0.key)\n".utf8 }
    }

    private static func refusal(_ list: String, _ rule: ChecksumRule, _ reason: String) -> BundleError {
        BundleError(
            breaking: rule, "validation failed: \(list) \(reason)",
            hint: "Make the list with sha256sum and package again, or ask the sender for a new copy.")
    }
}
