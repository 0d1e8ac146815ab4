// SPDX-License-Identifier: Apache-2.0

import BaigoCore
@testable import BundleKit
import SystemPackage

/// The archive in an engine pack: what is accepted has safe names, no two alike, a program, and unpacks to what was said.
@_cdecl("fuzz_engine")
public func fuzzEngine(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    run(bytes, count) { input in
        let file = try MemoryFile.holding(gzip(input))
        let pack = try EnginePack.open(FilePath("/proc/self/fd/\(file.raw)"), copyingTo: "/dev/shm")
        var names: Set<String> = []
        var size: Int64 = 0
        for file in pack.files {
            _ = try EntryName.validate(Array(file.path.utf8))
            require(names.insert(EntryName.folded(file.path)).inserted, "\(file.path) is there twice")
            size += file.size
        }
        require(names.contains("llama-server") || names.contains("baigo-engine"), "there is no program")
        require(pack.unpackedSize.bytes == size, "the sizes do not add up")
    }
}

/// Bytes in a gzip member that does not compress them (RFC 1952, RFC 1951 section 3.2.4).
private func gzip(_ bytes: [UInt8]) -> [UInt8] {
    func little<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
        withUnsafeBytes(of: number.littleEndian) { Array($0) }
    }
    var member: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0xFF]
    var rest = bytes[...]
    repeat {
        let block = rest.prefix(0xFFFF)
        rest = rest.dropFirst(block.count)
        member += [rest.isEmpty ? 1 : 0] + little(UInt16(block.count)) + little(~UInt16(block.count)) + block
    } while !rest.isEmpty
    return member + little(CRC32.checksum(of: bytes)) + little(UInt32(truncatingIfNeeded: bytes.count))
}
