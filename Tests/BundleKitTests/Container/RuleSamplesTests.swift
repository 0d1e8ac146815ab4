// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import BundleKit
import SystemPackage
import TestSupport
import Testing

/// Each rule of names, of names beside each other, of manifest and list is broken by one package in every container
/// that can break it, and each says so with the rule's own identifier.
struct RuleSamplesTests {
    /// A container that holds these entries.
    private enum Form: CaseIterable {
        case zip, zipOnAPipe, tar, tarOnAPipe

        /// The identifier of the error that reading ends with.
        func identifier(of entries: [(name: [UInt8], bytes: [UInt8])], marked: Bool = true) throws -> String? {
            let scratch = try Scratch()
            let bytes = bytes(of: entries, marked: marked)
            do {
                switch self {
                case .zip, .tar:
                    var opening = PackageOpening()
                    opening.spoolFolder = scratch.path
                    _ = try PackageReader.open(try scratch.write("x.bin", bytes), opening).contents(in: scratch)
                case .zipOnAPipe, .tarOnAPipe:
                    _ = try PackageReader.open(piping: bytes, in: scratch).contents(in: scratch)
                }
            } catch let error as BundleError {
                #expect(error.exitStatus == .invalidContent)
                return error.identifier
            }
            return nil
        }

        private func bytes(of entries: [(name: [UInt8], bytes: [UInt8])], marked: Bool) -> [UInt8] {
            switch self {
            case .zip, .zipOnAPipe:
                var builder = ArchiveBuilder()
                for entry in entries {
                    builder.add(entry.name, entry.bytes) {
                        guard !marked else { return }
                        $0.local.flags = 0
                        $0.central.flags = 0
                    }
                }
                return builder.build()
            case .tar, .tarOnAPipe:
                var builder = TarBuilder()
                for entry in entries {
                    builder.addPax([(key: Array("path".utf8), value: entry.name)])
                    builder.add("short", entry.bytes)
                }
                return builder.bytes
            }
        }
    }

    private static func package(
        manifest: [UInt8]? = nil, list: [UInt8]? = nil
    ) throws -> [(name: [UInt8], bytes: [UInt8])] {
        let sample = Sample()
        let manifest = try manifest ?? sample.manifest
        var entries = [(Array("manifest.json".utf8), manifest)]
        if let list { entries.append((Array("checksums.txt".utf8), list)) }
        return entries + sample.files.map { (Array($0.name.utf8), $0.bytes) }
    }

    // MARK: Names

    /// A NUL ends a name in tar, and so does an empty one: there the extended header is malformed.
    private static func isNoNameInATar(_ name: [UInt8]) -> Bool { name.isEmpty || name.contains(0) }

    private func check(_ name: [UInt8], _ rule: NameRule, marked: Bool = true) throws {
        for form in Form.allCases {
            let isTar = form == .tar || form == .tarOnAPipe
            if isTar, Self.isNoNameInATar(name) || !marked || name.starts(with: Array("./".utf8)) { continue }
            // What ends in / is a folder, whose name is the part before.
            if name.last == UInt8(ascii: "/") { continue }
            let entries = try Self.package(list: Sample().checksums) + [(name, [1])]
            #expect(try form.identifier(of: entries, marked: marked) == rule.identifier, "\(form) \(name)")
        }
    }

    @Test(arguments: EntryNameTests.faults.filter { $0.key != .empty })
    func namesOfEntries(_ rule: NameRule, _ names: [String]) throws {
        for name in names { try check(Array(name.utf8), rule) }
    }

    @Test func namesOfEntriesThatAreNoText() throws {
        try check([], .empty)
        try check([0x61, 0xFF], .notUTF8)
        try check(Array("é".utf8), .unmarkedUTF8, marked: false)
    }

    @Test(arguments: EntryNameTests.faults.filter { $0.key != .empty })
    func namesInLists(_ rule: NameRule, _ names: [String]) throws {
        let hex = String(repeating: "ab", count: 32)
        // A list is read by lines; a line feed ends the name.
        for name in names where !name.utf8.contains(0x0A) {
            let entries = try Self.package(list: Array("\(hex)  \(name)\n".utf8))
            for form in Form.allCases {
                #expect(try form.identifier(of: entries) == rule.identifier, "\(form) \(name.debugDescription)")
            }
        }
    }

    @Test(arguments: [
        ("Model/b", DuplicateRule.folded), ("model/A.gguf", .folded), ("model/a.gguf", .twice),
        ("model", .fileAndFolder), ("model/a.gguf/b", .fileAndFolder),
    ])
    func namesBesideEachOther(_ name: String, _ rule: DuplicateRule) throws {
        for form in Form.allCases where form != .zipOnAPipe {
            // On a pipe what nobody listed is refused before the names are held against each other.
            let entries = try Self.package(list: Sample().checksums) + [(Array(name.utf8), [1])]
            #expect(try form.identifier(of: entries) == rule.identifier, "\(form)")
        }
    }

    // MARK: Manifest and list

    @Test(arguments: ManifestTests.textFaults.indices)
    func textsOfManifests(_ index: Int) throws {
        let (text, rule) = ManifestTests.textFaults[index]
        for form in Form.allCases {
            let entries = try Self.package(manifest: Array(text.utf8))
            #expect(try form.identifier(of: entries) == rule.identifier, "\(form) \(text.prefix(60))")
        }
    }

    private func check(_ members: [String: JSONValue], _ rule: any BundleRule, _ what: String) throws {
        for form in Form.allCases {
            let entries = try Self.package(manifest: JSONValue.object(members).compactBytes)
            #expect(try form.identifier(of: entries) == rule.identifier, "\(form) \(what)")
        }
    }

    @Test(arguments: ManifestTests.memberFaults.indices)
    func membersOfManifests(_ index: Int) throws {
        let (key, value, rule) = ManifestTests.memberFaults[index]
        // Without a schema it is another maker's manifest, which has rules of its own.
        if key == "schemaVersion", value == nil { return }
        var members = ManifestTests.valid
        members[key] = value
        try check(members, rule, key)
    }

    @Test(arguments: ManifestTests.fileFaults.indices)
    func filesOfManifests(_ index: Int) throws {
        let (key, value, rule) = ManifestTests.fileFaults[index]
        var file = ManifestTests.file.object ?? [:]
        file[key] = value
        var members = ManifestTests.valid
        members["files"] = [.object(file)]
        members["totalSize"] = nil
        try check(members, rule, key)
    }

    @Test(arguments: ChecksumListTests.faults)
    func textsOfLists(_ rule: ChecksumRule, _ texts: [String]) throws {
        for text in texts {
            let entries = try Self.package(list: Array(text.utf8))
            for form in Form.allCases {
                #expect(try form.identifier(of: entries) == rule.identifier, "\(form) \(text.prefix(100))")
            }
        }
    }

    @Test func twoLists() throws {
        let list = try Sample().checksums
        let entries = try Self.package(list: list) + [(Array("SHA256SUMS".utf8), list)]
        for form in Form.allCases {
            #expect(try form.identifier(of: entries) == ChecksumRule.twoLists.identifier, "\(form)")
        }
    }
}
