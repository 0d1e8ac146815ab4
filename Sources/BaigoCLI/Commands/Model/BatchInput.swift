// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import SystemPackage

/// The lines of a batch; none of them is ever held whole that is longer than allowed.
struct BatchInput {
    /// Bytes of a line at the most: what a request may have, once it is encoded for the engine.
    static let maximumBytes = 8 << 20

    /// A line, without its end.
    enum Line {
        case bytes([UInt8])
        /// Longer than allowed, with the digest of what it starts with.
        case tooLong(start: [UInt8])

        /// The bytes that are known of it.
        var start: [UInt8] {
            switch self {
            case .bytes(let bytes), .tooLong(let bytes): bytes
            }
        }

        /// The line without the mark that some editors put before the first one.
        var withoutByteOrderMark: Line {
            switch self {
            case .bytes(let bytes): .bytes(bytes.withoutByteOrderMark)
            case .tooLong(let start): .tooLong(start: start.withoutByteOrderMark)
            }
        }
    }

    private let input: OwnedDescriptor
    private var buffered: [UInt8] = []
    private var searched = 0
    private var isAtEnd = false
    private var isAtStart = true

    /// Opens a file, or standard input for `-`.
    ///
    /// - Throws: `FileError`.
    init(_ path: String) throws(FileError) {
        input =
            try path == "-"
            ? OwnedDescriptor.duplicating(0, path: "standard input") : OwnedDescriptor.open(reading: FilePath(path))
    }

    /// The next line that is not empty; `nil` at the end.
    ///
    /// - Throws: `FileError`; `CancellationError`.
    mutating func next() throws -> Line? {
        while var line = try anyLine() {
            if isAtStart {
                isAtStart = false
                line = line.withoutByteOrderMark
            }
            if case .bytes(let bytes) = line, bytes.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }) { continue }
            return line
        }
        return nil
    }

    private mutating func anyLine() throws -> Line? {
        while true {
            if let end = buffered[searched...].firstIndex(of: 0x0A) {
                let line = Array(buffered[..<end])
                buffered.removeSubrange(...end)
                searched = 0
                return .bytes(line)
            }
            searched = buffered.count
            if isAtEnd {
                guard !buffered.isEmpty else { return nil }
                defer { (buffered, searched) = ([], 0) }
                return .bytes(buffered)
            }
            guard buffered.count <= Self.maximumBytes else { return .tooLong(start: try skipLine()) }
            try fill()
        }
    }

    /// Drops the rest of a line.
    ///
    /// - Returns: The start of it.
    private mutating func skipLine() throws -> [UInt8] {
        let start = Array(buffered.prefix(Self.maximumBytes))
        while true {
            if let end = buffered[searched...].firstIndex(of: 0x0A) {
                buffered.removeSubrange(...end)
                searched = 0
                return start
            }
            (buffered, searched) = ([], 0)
            if isAtEnd { return start }
            try fill()
        }
    }

    private mutating func fill() throws {
        let chunk = try input.nextAvailable(atMost: 1 << 16)
        isAtEnd = chunk.isEmpty
        buffered += chunk
    }
}
