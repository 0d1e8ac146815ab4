// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore

/// Reads a file line by line, with memory for one line and one block.
struct LineReader: ~Copyable {
    /// A line without its LF.
    struct Line {
        let bytes: [UInt8]
        /// Whether an LF ended it; only the last line may lack one.
        let isTerminated: Bool
    }

    private static let blockBytes = 256 << 10

    private let file: OwnedDescriptor
    private var fileOffset: Int64 = 0
    private var block: ArraySlice<UInt8> = []

    /// Reads from the start of a file.
    init(_ file: OwnedDescriptor) {
        self.file = file
    }

    /// The next line; a line longer than an audit line can be comes in parts that end without LF.
    ///
    /// - Throws: `FileError`.
    mutating func next() throws(FileError) -> Line? {
        var line: [UInt8] = []
        while true {
            if block.isEmpty {
                block = try file.bytes(at: fileOffset, count: Self.blockBytes)[...]
                fileOffset += Int64(block.count)
                if block.isEmpty { return line.isEmpty ? nil : Line(bytes: line, isTerminated: false) }
            }
            if let lineFeed = block.firstIndex(of: 0x0A) {
                line += block[..<lineFeed]
                block = block[(lineFeed + 1)...]
                return Line(bytes: line, isTerminated: true)
            }
            line += block
            block = []
            if line.count > AuditTail.maximumLine { return Line(bytes: line, isTerminated: false) }
        }
    }
}
