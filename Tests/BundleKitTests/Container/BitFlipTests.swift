// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import BundleKit
import SystemPackage
import TestSupport
import Testing

struct BitFlipTests {
    /// Everything a package says and holds.
    private struct Everything: Equatable {
        let manifest: [UInt8]
        let checksums: [UInt8]
        let signature: [UInt8]?
        let metadata: [UInt8]?
        let digests: [String: SHA256Digest]

        init(_ reader: PackageReader) throws {
            let verdicts = try reader.read(into: nil)
            for verdict in verdicts {
                if let error = verdict.error(in: reader.source) { throw error }
            }
            manifest = reader.manifestBytes
            checksums = reader.checksumsBytes
            signature = reader.signature
            metadata = reader.metadataBytes
            digests = Dictionary(uniqueKeysWithValues: verdicts.map { ($0.file.path, $0.file.sha256) })
        }
    }

    private func place(of part: [UInt8], in bytes: [UInt8]) -> Range<Int>? {
        (0...bytes.count - part.count).first { bytes[$0...].starts(with: part) }.map { $0..<$0 + part.count }
    }

    @Test func everyFlippedBitIsAnErrorOrChangesNothing() throws {
        let scratch = try Scratch()
        var sample = Sample()
        sample.files.removeLast()
        let target = scratch.path.appending("x.baimodel")
        _ = try PackageWriter.write(
            try sample.plan(in: scratch), to: .file(target, replacing: false, readBack: false),
            signing: { _ in Array("signature".utf8) })
        let bytes = try scratch.bytes("x.baimodel")
        let original = try Everything(try PackageReader.open(target))
        let raw = try scratch.folder.file(creating: "flipped")
        try raw.writeAll(bytes, at: 0)
        let path = scratch.path.appending("flipped")
        let documents = [original.manifest, original.checksums].compactMap { place(of: $0, in: bytes) }
        var harmless = 0
        for bit in 0..<(bytes.count * 8) {
            // A CRC-32 finds any single bit, so that one bit a byte will do for the documents.
            if documents.contains(where: { $0.contains(bit / 8) }), bit % 8 != bit / 8 % 8 { continue }
            let (index, flipped) = (bit / 8, bytes[bit / 8] ^ 1 << UInt8(bit % 8))
            try raw.writeAll([flipped], at: Int64(index))
            do {
                #expect(try Everything(try PackageReader.open(path)) == original, "byte \(index), bit \(bit % 8)")
                harmless += 1
            } catch is BundleError {}
            try raw.writeAll([bytes[index]], at: Int64(index))
        }
        // Version, internal and permission bits of a few headers: nothing a reader takes over.
        #expect(harmless < bytes.count)
        #expect(harmless > 0)
    }
}
