// SPDX-License-Identifier: Apache-2.0

package import BaigoCore

/// The header of a GGUF file: everything before the tensor data, read within bounds and checked against the file.
///
/// Nothing in it is believed: counts, lengths, types, alignment and offsets are decided before an engine sees the
/// file, and the data of every tensor is known to be there. Memory stays small however large the vocabulary is:
/// long strings and arrays are counted, not kept.
///
/// Source: GGUF specification (ggml/docs/gguf.md), versions 2 and 3, with the stricter rules of `gguf.cpp` in
/// llama.cpp 0.5.0.
package struct GGUFHeader: Sendable {
    /// 2 or 3.
    package let version: UInt32
    /// The metadata; what is too long appears as a count.
    package let metadata: [String: GGUFValue]
    /// Keys in the order of the file.
    package let keys: [String]
    /// What the tensors are, in total.
    package let tensors: GGUFTensorSummary
    /// Bytes to which the data of each tensor is aligned.
    package let alignment: Int64
    /// Bytes of metadata and tensor list, padding not counted.
    package let headerByteCount: Int64
    /// Bytes from the start of the file to the tensor data; where the header ends when there are no tensors.
    package let dataOffset: Int64
    /// Bytes of the file.
    package let fileSize: Int64
    /// Bytes after the last tensor and its padding that belong to nothing.
    package let trailingByteCount: Int64

    /// Bounds on what is read.
    ///
    /// Models with a vocabulary of 256 thousand tokens have headers of 10 to 30 MiB, about a hundred keys, half a
    /// million merges and some thousands of tensors.
    package enum Limit {
        /// Bytes of the whole header.
        package static let headerBytes: Int64 = 256 << 20
        /// Metadata keys.
        package static let keys: UInt64 = 8192
        /// Tensors.
        package static let tensors: UInt64 = 65536
        /// Bytes of a key.
        package static let keyBytes: Int64 = 512
        /// Bytes of a string value; whole tokenizer files are found in them.
        package static let stringBytes: Int64 = 32 << 20
        /// Strings in all arrays together.
        package static let arrayStrings: Int64 = 4 << 20
        /// Bytes of a tensor's name.
        package static let tensorNameBytes: Int64 = 64
        /// Dimensions of a tensor.
        package static let dimensions: UInt32 = 4
        /// Bytes of a string that is kept.
        package static let keptStringBytes: Int64 = 1 << 20
        /// Elements of an array that is kept.
        package static let keptElements: UInt64 = 64
        /// Bytes of a string in an array that is kept.
        package static let keptElementBytes: Int64 = 4096
        /// Bytes of all strings that are kept.
        package static let keptBytes: Int64 = 4 << 20
    }

    /// Reads and checks the header of a file.
    ///
    /// Reads at most 256 KiB at a time, in all no more than the header; tensor data is not read.
    ///
    /// - Throws: `BundleError`: `notAModel` where the magic is missing, `unsupported` for other versions and for files in
    ///   big-endian byte order, `modelHeader` with field and offset for everything else; `FileError`;
    ///   `CancellationError`.
    package init(reading file: OwnedDescriptor) throws {
        var scanner = try GGUFScanner(file, headerLimit: Limit.headerBytes)
        version = try Self.readVersion(&scanner, path: file.path)
        let tensorCount = try Self.readCount(&scanner, "tensor count", limit: Limit.tensors)
        let keyCount = try Self.readCount(&scanner, "key count", limit: Limit.keys)
        var reader = GGUFMetadataReader()
        try reader.read(keyCount, from: &scanner)
        metadata = reader.values
        keys = reader.keys
        alignment = try Self.alignment(of: metadata, scanner)
        var list = GGUFTensorReader(alignment: alignment)
        try list.read(tensorCount, from: &scanner)
        tensors = list.summary
        headerByteCount = scanner.offset
        fileSize = scanner.fileSize
        dataOffset = tensorCount == 0 ? scanner.offset : scanner.offset.roundedUp(to: alignment)
        try list.checkData(from: dataOffset, scanner)
        let end = (dataOffset + list.paddedByteCount).roundedUp(to: alignment)
        trailingByteCount = max(0, scanner.fileSize - end)
        if let split, !(1...Self.maximumShards ~= split.count && 0..<split.count ~= split.index) {
            throw scanner.failure(.shards, "there is no shard \(split.index) of \(split.count)", in: "split.no")
        }
    }

    private static func readVersion(_ scanner: inout GGUFScanner, path: String) throws -> UInt32 {
        let shown = path.escapedForTerminal
        guard scanner.fileSize >= 8, try scanner.integer(UInt32.self, "magic") == 0x4655_4747 else {
            throw BundleError(
                .notAModel, "\(shown) is not a GGUF file", hint: "Name a model file in GGUF format, or a folder.")
        }
        let version = try scanner.integer(UInt32.self, "version")
        switch version {
        case 2, 3: return version
        case 0x0200_0000, 0x0300_0000:
            throw BundleError(
                breaking: UnsupportedRule.byteOrder, "\(shown) is a GGUF file in big-endian byte order",
                hint: "Convert it to little-endian order with gguf_convert_endian.py of llama.cpp.")
        default:
            throw BundleError(
                breaking: UnsupportedRule.ggufVersion,
                "\(shown) is a GGUF file of version \(version); versions 2 and 3 can be read",
                hint: "Convert the model again with a present version of llama.cpp.")
        }
    }

    private static func readCount(_ scanner: inout GGUFScanner, _ field: String, limit: UInt64) throws -> Int {
        let start = scanner.offset
        let count = try scanner.integer(UInt64.self, field)
        guard count <= limit else {
            throw scanner.failure(.count, "\(count) is above the limit of \(limit)", in: field, at: start)
        }
        return Int(count)
    }

    private static func alignment(
        of metadata: [String: GGUFValue], _ scanner: borrowing GGUFScanner
    ) throws(BundleError) -> Int64 {
        guard let value = metadata["general.alignment"] else { return 32 }
        guard case .unsigned(let number) = value, number >= 8, number <= UInt64(UInt32.max), number.nonzeroBitCount == 1
        else {
            throw scanner.failure(.alignment, "the alignment is no power of two from 8 up", in: "general.alignment")
        }
        return Int64(number)
    }
}

extension Int64 {
    /// The next multiple of `alignment`, a power of two up to 2³¹; only for numbers up to 2⁶¹.
    func roundedUp(to alignment: Int64) -> Int64 { (self + alignment - 1) & ~(alignment - 1) }
}
