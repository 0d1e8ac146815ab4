// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore

/// Reads a stream: line by line, or whole.
struct LineReader {
    /// Bytes of a line or of a whole input at the most.
    static let maximumBytes = 16 << 20

    private let input: OwnedDescriptor
    private let name: String
    private var buffered: [UInt8] = []
    private var isAtEnd = false
    private var isAtStart = true

    /// Whether everything was read.
    var isOver: Bool { isAtEnd && buffered.isEmpty }

    /// Reads from an open file.
    ///
    /// - Parameters:
    ///   - input: The file.
    ///   - name: What messages call it, escaped.
    init(_ input: OwnedDescriptor, named name: String = "standard input") {
        self.input = input
        self.name = name
    }

    /// The next line without its LF; `nil` at the end.
    ///
    /// A byte order mark before the first one is left out.
    ///
    /// - Throws: `CLIError` for a line that is too long or not UTF-8; `CancellationError`; `FileError`.
    mutating func next() throws -> String? {
        while true {
            if let end = buffered.firstIndex(of: 0x0A) {
                let line = Array(buffered[..<end])
                buffered.removeSubrange(...end)
                return try self.line(line.last == 0x0D ? Array(line.dropLast()) : line)
            }
            if isAtEnd {
                guard !buffered.isEmpty else { return nil }
                defer { buffered = [] }
                return try line(buffered)
            }
            try fill()
        }
    }

    private mutating func line(_ bytes: [UInt8]) throws -> String {
        defer { isAtStart = false }
        return try text(isAtStart ? bytes.withoutByteOrderMark : bytes)
    }

    /// Everything that is left, to the byte.
    ///
    /// - Throws: As `next()`.
    mutating func rest() throws -> String {
        let bytes = try remainingBytes()
        return try text(bytes)
    }

    /// Everything that is left, text or not.
    ///
    /// - Throws: As `next()`, but for bytes that are not UTF-8.
    mutating func remainingBytes() throws -> [UInt8] {
        while !isAtEnd { try fill() }
        defer { buffered = [] }
        return buffered
    }

    private mutating func fill() throws {
        guard buffered.count <= Self.maximumBytes else {
            throw CLIError(.usage, "\(name) has more than \(ByteCount(Self.maximumBytes)) of text")
        }
        let chunk = try input.nextAvailable(atMost: 65536)
        isAtEnd = chunk.isEmpty
        buffered += chunk
    }

    private func text(_ bytes: [UInt8]) throws -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw CLIError(.usage, "\(name) is not UTF-8", hint: "Convert it first, with iconv for example.")
        }
        return text
    }
}

extension [UInt8] {
    /// The bytes without the mark of UTF-8 that some editors put at the start of a file.
    var withoutByteOrderMark: [UInt8] { starts(with: [0xEF, 0xBB, 0xBF]) ? Array(dropFirst(3)) : self }
}
