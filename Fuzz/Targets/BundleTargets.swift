// SPDX-License-Identifier: Apache-2.0

import BaigoCore
@testable import BundleKit

/// An archive in memory.
private final class MemorySource: ByteSource {
    private var rest: ArraySlice<UInt8>
    private(set) var mediumCount: Int64 = 0

    init(_ content: [UInt8]) { rest = content[...] }

    var isAtEnd: Bool { rest.isEmpty }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        let count = min(rest.count, buffer.count)
        buffer.copyBytes(from: rest.prefix(count))
        rest = rest.dropFirst(count)
        mediumCount += Int64(count)
        return count
    }
}

/// A tar archive: what is accepted is read to its last byte, and no name is there twice or unsafe.
@_cdecl("fuzz_tar")
public func fuzzTar(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    run(bytes, count) { input in
        let source = MemorySource(input)
        var reader = TarReader(source)
        var names: Set<String> = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while let entry = try reader.next() {
            _ = try EntryName.validate(Array(entry.name.utf8))
            require(
                entry.isFolder || names.insert(EntryName.folded(entry.name)).inserted, "\(entry.name) is there twice")
            var read: Int64 = 0
            while true {
                let got = try buffer.withUnsafeMutableBytes { try reader.read(into: $0) }
                if got == 0 { break }
                read += Int64(got)
            }
            require(read == entry.size, "\(entry.name) has another size")
        }
        require(source.isAtEnd, "something behind the end was not read")
    }
}
