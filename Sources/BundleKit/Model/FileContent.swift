// SPDX-License-Identifier: Apache-2.0

package import BaigoCore

/// What the bytes of a file tell, whatever its name is.
package enum FileContent: String, Sendable {
    /// Objects in Python's pickle form, alone or in a ZIP file of PyTorch: loading it can run any code.
    case pickle
    /// A program of PyTorch with its weights; it holds pickles too.
    case torchScript = "torchscript"
    /// An image of a container, as `docker save` and OCI tools make it.
    case containerImage = "container-image"

    private static let probeBytes = 64 << 10
    private static let imageMarks: Set<String> = ["manifest.json", "oci-layout", "index.json"]

    /// Looks at the start and the end of a file; `nil` for anything else.
    ///
    /// - Throws: `FileError`.
    package init?(of file: OwnedDescriptor) throws {
        let start = try file.bytes(at: 0, count: Self.probeBytes)
        if start.starts(with: [0x50, 0x4b, 3, 4]) {
            let size = try file.status().size
            let tail = try file.bytes(at: max(0, size - Int64(Self.probeBytes)), count: Self.probeBytes)
            guard Self.holds("data.pkl", start) || Self.holds("data.pkl", tail) else { return nil }
            self = Self.holds("constants.pkl", start) || Self.holds("constants.pkl", tail) ? .torchScript : .pickle
        } else if Self.isPickle(start) {
            self = .pickle
        } else if start.count >= TarHeader.blockBytes, BundleKind(Array(start.prefix(BundleKind.probeBytes))) == .tar,
            try Self.isImage(file)
        {
            self = .containerImage
        } else {
            return nil
        }
    }

    /// Whether loading the file in Python can run code.
    package var runsCode: Bool {
        switch self {
        case .pickle, .torchScript: true
        case .containerImage: false
        }
    }

    private static func holds(_ text: String, _ bytes: [UInt8]) -> Bool {
        let text = Array(text.utf8)
        guard let first = text.first else { return false }
        var rest = bytes[...]
        while let index = rest.firstIndex(of: first) {
            if rest[index...].starts(with: text) { return true }
            rest = rest[(index + 1)...]
        }
        return false
    }

    /// PROTO 2 to 5 and an operation that a pickle can go on with.
    ///
    /// Source: Python, `Lib/pickle.py`, the table of opcodes.
    private static func isPickle(_ bytes: [UInt8]) -> Bool {
        guard bytes.count > 3, bytes[0] == 0x80, (2...5).contains(bytes[1]) else { return false }
        return [0x8a, 0x95].contains(bytes[2]) || "(}])c\u{58}KMJGNXqh.".utf8.contains(bytes[2])
    }

    private static func isImage(_ file: OwnedDescriptor) throws -> Bool {
        let size = try file.status().size
        var offset: Int64 = 0
        for _ in 0..<4096 {
            let block = try file.bytes(at: offset, count: TarHeader.blockBytes)
            guard block.count == TarHeader.blockBytes, block.contains(where: { $0 != 0 }) else { return false }
            let header: TarHeader
            do throws(BundleError) { header = try TarHeader(reading: block) } catch { return false }
            if imageMarks.contains(String(decoding: header.name, as: UTF8.self)) { return true }
            let (next, overflow) = (offset + 512).addingReportingOverflow(header.size)
            guard !overflow, next < size else { return false }
            offset = next.roundedUp(to: 512)
        }
        return false
    }
}
