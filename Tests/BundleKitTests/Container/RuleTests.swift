// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import BundleKit
import Glibc
import SystemPackage
import TestSupport
import Testing

/// Rules whose samples are no change of one entry, and that no rule is without a sample.
struct RuleTests {
    private static let weights = "model/a.gguf"

    /// Rules that are broken by what is no file: folders, streams, the program's own writing.
    private static let elsewhere: Set<StructureRule> = [
        .localHeader, .directoryRecord, .depth, .entrySize, .streamDirectory, .streamSize, .streamSurplus, .asWritten,
    ]

    @Test func everyStructureRuleHasAFault() {
        let covered = Set(HostileStructureTests.faults.map(\.identifier))
        let missing = StructureRule.allCases.filter { !covered.contains($0.identifier) }
        #expect(Set(missing) == Self.elsewhere)
    }

    @Test func everyHeaderRuleHasAFault() {
        let tests = GGUFHostileHeaderTests.self
        let covered = Set((tests.start + tests.metadata + tests.tensors).map(\.identifier))
        let missing = ModelHeaderRule.allCases.filter { !covered.contains($0.identifier) }
        #expect(Set(missing) == [.headerSize, .shards, .architecture])
    }

    @Test func noIdentifierIsThereTwice() {
        #expect(Set(BundleError.identifiers).count == BundleError.identifiers.count)
    }

    private func identifier(_ bytes: [UInt8]) throws -> String? {
        let scratch = try Scratch()
        return #expect(throws: BundleError.self) { try PackageReader.open(bytes, in: scratch) }?.identifier
    }

    private func streamed(_ bytes: [UInt8]) throws -> String? {
        let scratch = try Scratch()
        return #expect(throws: BundleError.self) {
            _ = try PackageReader.open(piping: bytes, in: scratch).contents(in: scratch)
        }?.identifier
    }

    private func place(of part: [UInt8], in bytes: [UInt8]) throws -> Int {
        try #require((0...bytes.count - part.count).last { bytes[$0...].starts(with: part) })
    }

    @Test func refusesAPlaceThatHasNoLocalHeader() throws {
        var bytes = try Sample().builder().build()
        let header = try place(of: [0x50, 0x4b, 3, 4], in: bytes)
        bytes[header + 2] = 7
        #expect(try identifier(bytes) == StructureRule.localHeader.identifier)
        #expect(try streamed(bytes) != nil)
    }

    @Test func refusesARecordThatIsNoEntry() throws {
        var bytes = try Sample().builder().build()
        let record = try place(of: [0x50, 0x4b, 1, 2], in: bytes)
        bytes[record + 3] = 5
        #expect(try identifier(bytes) == StructureRule.directoryRecord.identifier)
        #expect(try streamed(bytes) == StructureRule.directoryRecord.identifier)
    }

    @Test(arguments: [
        ("manifest.json", (16 << 20) + 1, ManifestRule.tooLarge.identifier),
        ("checksums.txt", (16 << 20) + 1, ChecksumRule.tooLarge.identifier),
        ("checksums.txt.asc", (1 << 20) + 1, StructureRule.entrySize.identifier),
        ("model.sig", (4 << 20) + 1, StructureRule.entrySize.identifier),
    ])
    func refusesDocumentsAboveTheirLimits(_ name: String, _ size: Int, _ expected: String) throws {
        var builder = try Sample().builder()
        builder.entries.removeAll { $0.central.name == Array(name.utf8) }
        builder.add(name, [UInt8](repeating: 0x20, count: size))
        #expect(try identifier(builder.build()) == expected)
    }

    @Test func refusesFoldersThatAreNestedTooDeep() throws {
        let scratch = try Scratch()
        try scratch.write("p/" + Array(repeating: "d", count: 64).joined(separator: "/") + "/x", [])
        let error = #expect(throws: BundleError.self) { try PackageReader.open(scratch.path.appending("p")) }
        #expect(error?.identifier == StructureRule.depth.identifier)
    }

    @Test func refusesADirectoryThatIsNotOfTheStream() throws {
        var builder = try Sample().builder()
        builder.add("model/", [])
        builder.change("model/") {
            $0.isPresent = false
            $0.offset = 0
        }
        #expect(try streamed(builder.build()) == StructureRule.overlap.identifier)

        builder = try Sample().builder()
        let bytes = builder.build()
        let end = try place(of: [0x50, 0x4b, 5, 6], in: bytes)
        let endless = bytes[..<end] + [UInt8](repeating: 0, count: 34 << 20)
        #expect(try streamed(Array(endless)) == StructureRule.streamDirectory.identifier)
    }

    @Test func refusesASignatureOfUnknownSizeBehindTheData() throws {
        var builder = try Sample().builder()
        builder.add("checksums.txt.asc", [1, 2]) { $0.useDescriptor() }
        #expect(try streamed(builder.build()) == StructureRule.streamSize.identifier)
        _ = try PackageReader.open(builder.build(), in: Scratch())
    }

    @Test func takesNoMoreOfAStreamThanItsManifestAnnounces() throws {
        var builder = try Sample().builder()
        builder.change("checksums.txt") { $0.useDescriptor() }
        builder.change(Self.weights) { $0.data = [UInt8](repeating: 0, count: 129 << 20) }
        #expect(try streamed(builder.build()) == StructureRule.streamSurplus.identifier)
    }

    @Test(arguments: [
        ("Model/b", DuplicateRule.folded), ("model/A.gguf", .folded), (weights, .twice), ("model", .fileAndFolder),
        ("model/a.gguf/b", .fileAndFolder), ("model/a.gguf/", .fileAndFolder),
    ])
    func refusesNamesBesideEachOther(_ name: String, _ rule: DuplicateRule) throws {
        var builder = try Sample().builder()
        builder.add(name, [])
        #expect(try identifier(builder.build()) == rule.identifier)
    }

    @Test func refusesMoreFoldersThanThereMayBeFiles() throws {
        var builder = ArchiveBuilder()
        for number in 0..<132 { builder.add("\(number)" + String(repeating: "/a", count: 500), []) }
        #expect(try identifier(builder.build()) == BundleError.Code.tooManyEntries.rawValue)
    }

    @Test func quotesNoMoreOfANameThanItsStart() throws {
        let error = #expect(throws: BundleError.self) {
            try EntryName.validate([UInt8](repeating: 0x61, count: 1 << 20))
        }
        #expect(error?.identifier == NameRule.tooLong.identifier)
        #expect((error?.message.utf8.count ?? .max) < 500)
    }

    @Test func refusesTwoLists() throws {
        var builder = try Sample().builder()
        builder.add("SHA256SUMS", try Sample().checksums)
        #expect(try identifier(builder.build()) == ChecksumRule.twoLists.identifier)
        #expect(try streamed(builder.build()) == ChecksumRule.twoLists.identifier)
    }
}
