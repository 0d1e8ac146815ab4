// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import BundleKit
import Foundation
import SystemPackage
import TestSupport
import Testing

/// Tar bundles as strangers make them.
struct TarBundleTests {
    private static let compressions: [(name: String, command: String)] = [
        ("tar", "cat"), ("tar.gz", "gzip -n"), ("tar.zst", "zstd -q"),
    ]

    /// A package's files in a tar archive.
    private static func package(_ change: (inout TarBuilder) -> Void = { _ in }) throws -> TarBuilder {
        var tar = TarBuilder()
        tar.add("manifest.json", try Sample().manifest)
        tar.add("checksums.txt", try Sample().checksums)
        for file in Sample().files { tar.add(file.name, file.bytes) }
        change(&tar)
        return tar
    }

    private static func open(_ bytes: [UInt8], in scratch: Scratch) throws -> PackageReader {
        var opening = PackageOpening()
        opening.spoolFolder = scratch.path
        return try PackageReader.open(try scratch.write("x.bin", bytes), opening)
    }

    private static func refusal(_ bytes: [UInt8]) throws -> BundleError? {
        let scratch = try Scratch()
        let byFile = #expect(throws: BundleError.self) { _ = try open(bytes, in: scratch) }
        let byPipe = #expect(throws: BundleError.self) { _ = try PackageReader.open(piping: bytes, in: scratch) }
        #expect(byFile?.identifier == byPipe?.identifier)
        #expect(try scratch.folder.names().filter { $0 != "x.bin" } == [], "nothing is left behind")
        return byFile
    }

    private static func code(_ bytes: [UInt8]) throws -> BundleError.Code? { try refusal(bytes)?.code }

    private static func identifier(_ bytes: [UInt8]) throws -> String? { try refusal(bytes)?.identifier }

    private static func run(_ script: String, in folder: FilePath) throws {
        let result = try Program("bash").run(["-euo", "pipefail", "-c", script], in: folder.string)
        #expect(result.status == 0, "\(result)")
    }

    @Test func bundleOfThousandsOfFilesIsNotUnpacked() throws {
        let scratch = try Scratch()
        var builder = TarBuilder()
        for number in 0..<4_096 { builder.add("m/\(number)", []) }
        try scratch.write("x.tar", builder.bytes)
        try Self.run("gzip < x.tar > y", in: scratch.path)
        #expect(try Self.code(try scratch.bytes("y")) == .tooManyEntries)
    }

    @Test(arguments: compressions.indices)
    func packageInATarIsRead(_ index: Int) throws {
        let scratch = try Scratch()
        try scratch.write("x.tar", try Self.package().bytes)
        try Self.run("\(Self.compressions[index].command) < x.tar > y", in: scratch.path)
        let bytes = try scratch.bytes("y")
        for reader in [try Self.open(bytes, in: scratch), try .open(piping: bytes, in: scratch)] {
            #expect(reader.hasOwnChecksums)
            #expect(!reader.hasMadeManifest)
            #expect(try reader.contents(in: scratch)["model/a.gguf"] == Array("weights".utf8))
            #expect(try reader.identity == SHA256Digest(of: Sample().checksums))
        }
    }

    @Test(arguments: [
        "tar czf ../x.bin .", "tar czf ../x.bin manifest.json checksums.txt model", "cd .. && tar cf x.bin p",
        "tar --format=pax -cf ../x.bin *", "tar --format=gnu -cf ../x.bin *", "tar --format=ustar -cf ../x.bin ./*",
        "tar -c --zstd -f ../x.bin .", "bsdtar -czf ../x.bin *", "bsdtar --format=gnutar -cf ../x.bin .",
    ])
    func bundleOfAPlainToolIsRead(_ script: String) throws {
        let scratch = try Scratch()
        let long = "model/" + String(repeating: "long-", count: 30) + "ü.bin"
        var sample = Sample()
        sample.files.append((long, [1, 2, 3]))
        for (name, bytes) in sample.files { try scratch.write("p/\(name)", bytes) }
        try scratch.write("p/manifest.json", try sample.manifest)
        try scratch.write("p/checksums.txt", try sample.checksums)
        let supported = script.contains("ustar") ? "rm -r 'p/\(long)'; " : ""
        if !supported.isEmpty {
            sample.files.removeLast()
            try scratch.write("p/manifest.json", try sample.manifest)
            try scratch.write("p/checksums.txt", try sample.checksums)
        }
        try Self.run("export LC_ALL=C.UTF-8; \(supported)cd p && \(script)", in: scratch.path)
        let reader = try Self.open(try scratch.bytes("x.bin"), in: scratch)
        #expect(try reader.contents(in: scratch).count == sample.files.count + 1)
    }

    @Test(arguments: [
        ("a link", UInt8(ascii: "2")), ("a hard link", UInt8(ascii: "1")), ("a device", UInt8(ascii: "3")),
        ("a FIFO", UInt8(ascii: "6")), ("a sparse file", UInt8(ascii: "S")), ("a volume", UInt8(ascii: "V")),
        ("a long link", UInt8(ascii: "K")), ("a contiguous file", UInt8(ascii: "7")),
    ])
    func refusesAnythingButFilesAndFolders(_ what: String, _ type: UInt8) throws {
        let tar = try Self.package {
            $0.add("model/x", []) {
                $0.type = type; $0.link = Array("/etc/passwd".utf8)
            }
        }
        #expect(try Self.code(tar.bytes) == .structure, "\(what)")
    }

    @Test(arguments: [
        "../x", "/etc/x", "model/../x", "model//x", "model/./x", "././x", "a\\b", "C:x", "-x", "model/\u{202e}x", "x ",
    ])
    func refusesUnsafeNames(_ name: String) throws {
        #expect(try Self.code(Self.package { $0.add(name, [1]) }.bytes) == .unsafeEntryName)
    }

    @Test func refusesAFolderWithoutAName() throws {
        let tar = try Self.package { $0.add("") { $0.type = UInt8(ascii: "5") } }
        #expect(try Self.identifier(tar.bytes) == NameRule.empty.identifier)
    }

    @Test(arguments: ["model/a.gguf", "./model/a.gguf", "model/A.GGUF", "model", "model/a.gguf/b"])
    func refusesTwoEntriesOfOneName(_ name: String) throws {
        #expect(try Self.code(Self.package { $0.add(name, [1]) }.bytes) == .duplicateEntry)
    }

    /// What readers take differently, by the rule that it breaks.
    private static let headerFaults: [(rule: BundleStructureRule, change: @Sendable (inout TarBuilder) -> Void)] = [
        (.header, { $0.add("x") { $0.checksumOffset = 1 } }),
        (.header, { $0.add("x") { $0.magic = Array("ustar".utf8) + [0, 0, 0] } }),
        (
            .header,
            {
                $0.add("x") {
                    $0.magic = Array("ustar  ".utf8) + [0]; $0.prefix = Array("p".utf8)
                }
            }
        ),
        (.header, { $0.blocks += [UInt8](repeating: 0x55, count: 512) }),
        (.header, { $0.add("x") { $0.raw = [100: Array("000o644".utf8)] } }),
        (.header, { $0.add("x") { $0.raw = [136: Array("/0000000000".utf8)] } }),
        (.header, { $0.add("x") { $0.raw = [124: Array("-1".utf8) + [0]] } }),
        (.header, { $0.add("x") { $0.raw = [329: [0xff]] } }),
        (.header, { $0.add("x") { $0.raw = [265: [0x80]] } }),
        (.header, { $0.add("x") { $0.raw = [508: Array("tar".utf8)] } }),
        (.type, { $0.add("x/") }),
        (.type, { $0.add("x", [1]) { $0.type = UInt8(ascii: "5") } }),
        (
            .extendedHeader,
            {
                $0.addPax([("path", "model/b")]); $0.addPax([("path", "model/c")]); $0.add("x")
            }
        ),
        (
            .extendedHeader,
            {
                $0.addPax([("path", "model/b"), ("path", "model/c")]); $0.add("x")
            }
        ),
        (
            .size,
            {
                $0.addPax([("size", "1")]); $0.add("x", [1, 2])
            }
        ),
        (
            .extendedHeader,
            {
                $0.addPax([("linkpath", "/etc/passwd")]); $0.add("x")
            }
        ),
        (
            .extendedHeader,
            {
                $0.addPax([("GNU.sparse.major", "1")]); $0.add("x")
            }
        ),
        (
            .extendedHeader,
            {
                $0.addPax([("path", "model/b")], type: "g"); $0.add("x")
            }
        ),
        (
            .extendedHeader,
            {
                $0.add("././@LongLink", Array("model/b".utf8)) { $0.type = UInt8(ascii: "L") }; $0.add("x")
            }
        ),
        (.extendedHeader, { $0.addPax([("path", "model/b")]) }),
        (
            .extendedHeader,
            {
                $0.add("pax", Array("9 path=b\n9999999 x=y\n".utf8)) { $0.type = UInt8(ascii: "x") }; $0.add("x")
            }
        ),
        (.padding, { $0.blocks[$0.blocks.count - 1] = 1 }),
        (.trailingBytes, { $0.end[600] = 1 }),
        (.trailingBytes, { $0.end += [1] }),
        (.trailingBytes, { $0.end += $0.blocks + $0.end }),
    ]

    @Test(arguments: headerFaults.indices)
    func refusesHeadersThatReadersTakeDifferently(_ index: Int) throws {
        let fault = Self.headerFaults[index]
        #expect(try Self.identifier(Self.package(fault.change).bytes) == fault.rule.identifier)
    }

    @Test func everyRuleOfTarBundlesHasASample() {
        let elsewhere: Set<BundleStructureRule> = [.compression, .unpackedSize]
        #expect(Set(BundleStructureRule.allCases).subtracting(Self.headerFaults.map(\.rule)) == elsewhere)
    }

    @Test(arguments: [
        "1", "01", "3 ", "12", "9 path=b\n1", "5 a=\n", "4 a\n", "-3 a=b\n", "99999999999 a=b\n",
        "16 mtime=BINARY\n", "8 uid=-\n", "13 gid=1.2.3\n", "11 uid=1.5\n", "18 gid=4294967296\n",
        "13 uname=a\0b\n", "20 SCHILY.xattr.x=\0\n", "7 a\0b=\n", "10 mtime=\n",
        "38 mtime=9999999999999999999999999999\n",
    ])
    func refusesMalformedPaxRecords(_ records: String) throws {
        let tar = try Self.package {
            $0.add("pax", Array(records.utf8)) { $0.type = UInt8(ascii: "x") }
            $0.add("model/a.bin", [1])
        }
        #expect(try Self.code(tar.bytes) == .structure)
    }

    /// A blank for a zero in a checksum changes nothing; everything else has to be noticed.
    @Test func aFlippedBitEndsInAnErrorOrTheSameFiles() throws {
        let scratch = try Scratch()
        var tar = TarBuilder()
        tar.add("manifest.json", try Sample().manifest)
        tar.add("checksums.txt", try Sample().checksums)
        for file in Sample().files {
            tar.addPax([("path", file.name)])
            tar.add("short", file.bytes)
        }
        let whole = tar.bytes
        let contents = try Self.open(whole, in: scratch).contents(in: scratch)
        var harmless = 0
        for index in stride(from: 0, to: whole.count, by: 23) {
            var bytes = whole
            bytes[index] ^= 1 << UInt8(index % 8)
            do {
                #expect(try Self.open(bytes, in: scratch).contents(in: scratch) == contents, "\(index)")
                harmless += 1
            } catch is BundleError {
                continue
            }
        }
        #expect(harmless < 8)
    }

    @Test func refusesWhatEndsTooEarly() throws {
        let whole = try Self.package().bytes
        for count in [513, 600, whole.count - 1025, whole.count - 1024, whole.count - 512, whole.count - 1] {
            #expect(try Self.code(Array(whole.prefix(count))) == .truncated, "\(count)")
        }
    }

    @Test(arguments: ["gzip -n", "zstd -q"])
    func refusesDamagedCompression(_ command: String) throws {
        let scratch = try Scratch()
        try scratch.write("x.tar", try Self.package().bytes)
        try Self.run(
            """
            \(command) < x.tar > whole
            head -c -9 whole > short; head -c 60 whole > shorter
            cp whole trailing; printf 'x' >> trailing
            cat whole whole > twice
            { cat whole; printf '\\120\\052\\115\\030\\003\\000\\000\\000abc'; } > skippable
            { printf '\\120\\052\\115\\030\\003\\000\\000\\000abc'; cat whole; } > before
            { cat whole; head -c 0 /dev/null | \(command); head -c 512 /dev/zero | tr '\\0' x | \(command); } > more
            """, in: scratch.path)
        #expect(try Self.code(try scratch.bytes("short")) == .truncated)
        #expect(try Self.code(try scratch.bytes("shorter")) == .truncated)
        if command.hasPrefix("zstd") {
            #expect(throws: BundleError.self) { try Self.open(try scratch.bytes("before"), in: scratch) }
        }
        for name in ["trailing", "twice", "more", "skippable"] {
            // Zstandard knows several frames in a row, which end in a tar archive with something behind its end.
            let rules = [BundleStructureRule.compression, .trailingBytes]
            let identifier = try Self.identifier(try scratch.bytes(name))
            #expect(rules.contains { $0.identifier == identifier }, "\(name): \(identifier ?? "")")
        }
    }

    @Test func refusesASecondGzipMember() throws {
        let scratch = try Scratch()
        try scratch.write("x.tar", try Self.package().bytes)
        try Self.run("{ head -c 700 x.tar | gzip -n; tail -c +701 x.tar | gzip -n; } > y", in: scratch.path)
        #expect(try Self.identifier(try scratch.bytes("y")) == BundleStructureRule.compression.identifier)
    }

    @Test func everyFlippedBitOfAGzipBundleIsNoticed() throws {
        let scratch = try Scratch()
        try scratch.write("x.tar", try Self.package().bytes)
        try Self.run("gzip -n9 < x.tar > y", in: scratch.path)
        let whole = try scratch.bytes("y")
        for index in stride(from: 10, to: whole.count, by: 7) {
            var bytes = whole
            bytes[index] ^= 1 << UInt8(index % 8)
            #expect(throws: BundleError.self, "\(index)") {
                _ = try Self.open(bytes, in: scratch).contents(in: scratch)
            }
        }
    }

    @Test(arguments: ["gzip -9", "zstd -q -19"])
    func refusesABombEarly(_ command: String) throws {
        let scratch = try Scratch()
        var tar = TarBuilder()
        tar.add("bomb") { $0.size = 400 << 20 }
        try scratch.write("head", tar.blocks)
        try Self.run("{ cat head; head -c 400M /dev/zero; } | \(command) > bomb", in: scratch.path)
        #expect(try Self.identifier(try scratch.bytes("bomb")) == BundleStructureRule.unpackedSize.identifier)
    }

    @Test(.enabled(if: TemporaryFileSystem.isAvailable, "needs a user who may mount"))
    func saysWhenThereIsNoRoomToUnpack() throws {
        let scratch = try Scratch()
        let place = try scratch.write("small/x", []).removingLastComponent()
        let small = try TemporaryFileSystem(at: place, bytes: 80 << 20)
        var tar = TarBuilder()
        tar.add("checksums.txt", try Sample().checksums)
        tar.add("more", [UInt8](repeating: 7, count: 20 << 20))
        var opening = PackageOpening()
        opening.spoolFolder = small.path
        let file = try scratch.write("x.tar", tar.bytes)
        let error = #expect(throws: FileError.self) { _ = try PackageReader.open(file, opening) }
        #expect(error?.code == .noSpace)
        #expect(try Folder.open(small.path).names() == [])
    }
}
