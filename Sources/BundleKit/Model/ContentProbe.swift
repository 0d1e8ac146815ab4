// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// Recognises what a file holds while its bytes go by, from front to back.
///
/// Memory is bounded; only files that start like a ZIP file are looked at beyond their start.
struct ContentProbe {
    private static let startBytes = 1024
    private static let objects = Array("data.pkl".utf8)
    private static let constants = Array("constants.pkl".utf8)

    private var start: [UInt8] = []
    /// The last bytes that went by, where a name may have begun.
    private var last: [UInt8] = []
    private var hasObjects = false
    private var hasConstants = false

    private var isZip: Bool { start.starts(with: [0x50, 0x4b, 3, 4]) }

    /// Takes the next bytes.
    mutating func update(_ bytes: UnsafeRawBufferPointer) {
        if start.count < Self.startBytes { start += bytes.prefix(Self.startBytes - start.count) }
        guard isZip, !hasConstants else { return }
        let seam = last + bytes.prefix(Self.constants.count - 1)
        seam.withUnsafeBytes { look(into: $0) }
        look(into: bytes)
        last = Array((last + bytes.suffix(Self.constants.count - 1)).suffix(Self.constants.count - 1))
    }

    private mutating func look(into bytes: UnsafeRawBufferPointer) {
        hasObjects = hasObjects || Self.holds(Self.objects, bytes)
        hasConstants = hasConstants || Self.holds(Self.constants, bytes)
    }

    /// What was recognised; an image of a container is not, which takes more than one look.
    var content: FileContent? {
        if isZip { return hasObjects ? hasConstants ? .torchScript : .pickle : nil }
        return Self.isPickle(start) ? .pickle : nil
    }

    private static func holds(_ text: [UInt8], _ bytes: UnsafeRawBufferPointer) -> Bool {
        guard let base = bytes.baseAddress, bytes.count >= text.count, let first = text.first else { return false }
        let end = bytes.count - text.count + 1
        var offset = 0
        while offset < end, let found = memchr(base + offset, CInt(first), end - offset) {
            offset = UnsafeRawPointer(found) - base
            if bytes[offset...].starts(with: text) { return true }
            offset += 1
        }
        return false
    }

    /// Whether a file starts as pickles do: with PROTO 2 to 5 and an operation that can go on, or in the older protocols
    /// with the name of something that is called.
    ///
    /// Source: Python, `Lib/pickle.py`, the table of opcodes.
    private static func isPickle(_ bytes: [UInt8]) -> Bool {
        if bytes.count > 3, bytes[0] == 0x80, (2...5).contains(bytes[1]) {
            return [0x8a, 0x95].contains(bytes[2]) || "(}])c\u{58}KMJGNXqh.".utf8.contains(bytes[2])
        }
        return startsWithGlobal(bytes[...])
    }

    /// GLOBAL or INST with a module and a name, and an argument or a memo behind it; a list of words is not that.
    private static func startsWithGlobal(_ bytes: ArraySlice<UInt8>) -> Bool {
        let marks = bytes.prefix { $0 == UInt8(ascii: "(") }
        guard marks.count < 16, let operation = bytes.dropFirst(marks.count).first,
            operation == UInt8(ascii: "c") || operation == UInt8(ascii: "i") && !marks.isEmpty
        else { return false }
        var rest = bytes.dropFirst(marks.count + 1)
        for _ in 0..<2 {
            let word = rest.prefix { isWord($0) }
            guard !word.isEmpty, rest.dropFirst(word.count).first == 0x0A else { return false }
            rest = rest.dropFirst(word.count + 1)
        }
        guard let next = rest.first else { return false }
        if next == UInt8(ascii: "p") { return rest.dropFirst().first.map { (0x30...0x39).contains($0) } ?? false }
        if next == UInt8(ascii: "q") { return rest.dropFirst().first.map { $0 < 0x20 } ?? false }
        return "()]}".utf8.contains(next) || operation == UInt8(ascii: "i") && "tsoRb.".utf8.contains(next)
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "_"), UInt8(ascii: "."):
            true
        default: false
        }
    }
}
