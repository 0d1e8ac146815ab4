// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore

/// Follows the one frame that a Zstandard stream may have to its end, without a look at what is in its blocks.
///
/// Decompressors pass over further frames, the skippable ones in silence; nothing may hide there.
///
/// Source: RFC 8878, section 3.1.1.
struct ZstandardFrame {
    private enum Part {
        case magic, descriptor, header, blockHeader, block, checksum, end
    }

    private static let magic: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD]

    private var part = Part.magic
    /// Bytes of this part that are still to come.
    private var rest = magic.count
    /// The bytes of this part so far; none of blocks.
    private var bytes: [UInt8] = []
    private var hasChecksum = false
    private var isLastBlock = false

    /// Takes the next bytes of the stream.
    ///
    /// - Throws: `BundleError`, code `structure`, where they are no frame or go on behind its end.
    mutating func take(_ input: UnsafeRawBufferPointer) throws(BundleError) {
        var position = 0
        while position < input.count {
            guard part != .end else {
                throw BundleError.bundle(.compression, "there are bytes behind the end of the Zstandard data")
            }
            let count = min(rest, input.count - position)
            if part != .block { bytes += input[position..<position + count] }
            position += count
            rest -= count
            while rest == 0, part != .end { try advance() }
        }
    }

    private mutating func advance() throws(BundleError) {
        let taken = bytes
        bytes = []
        switch part {
        case .magic:
            guard taken == Self.magic else {
                throw BundleError.bundle(.compression, "the Zstandard data does not start with a frame")
            }
            (part, rest) = (.descriptor, 1)
        case .descriptor:
            hasChecksum = taken[0] & 4 != 0
            (part, rest) = (.header, Self.headerBytes(taken[0]))
        case .header:
            (part, rest) = (.blockHeader, 3)
        case .blockHeader:
            let header = Int(taken[0]) | Int(taken[1]) << 8 | Int(taken[2]) << 16
            isLastBlock = header & 1 == 1
            // A block of one byte that is repeated has its length in place of its size.
            (part, rest) = (.block, header >> 1 & 3 == 1 ? 1 : header >> 3)
        case .block where !isLastBlock:
            (part, rest) = (.blockHeader, 3)
        case .block where hasChecksum:
            (part, rest) = (.checksum, 4)
        case .block, .checksum, .end:
            part = .end
        }
    }

    /// Bytes of window, dictionary and content size.
    private static func headerBytes(_ descriptor: UInt8) -> Int {
        let isSingleSegment = descriptor & 0x20 != 0
        let contentSize = [isSingleSegment ? 1 : 0, 2, 4, 8][Int(descriptor >> 6)]
        return (isSingleSegment ? 0 : 1) + [0, 1, 2, 4][Int(descriptor & 3)] + contentSize
    }
}
