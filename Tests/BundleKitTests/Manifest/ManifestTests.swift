// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import BundleKit
import Testing

struct ManifestTests {
    private static let digest = String(repeating: "0a", count: 32)
    static let file: JSONValue = [
        "path": "model/x.gguf", "role": "weights", "sha256": .string(digest), "size": 7,
    ]
    static let valid: [String: JSONValue] = [
        "schemaVersion": 1, "kind": "model", "name": "acme/x", "version": "1.0", "files": [file], "totalSize": 7,
        "shelf": ["row": 3],
    ]

    private func read(_ changes: [String: JSONValue?]) throws(BundleError) -> Manifest {
        var members = Self.valid
        for (key, value) in changes { members[key] = value }
        return try Manifest(reading: JSONValue.object(members).compactBytes)
    }

    @Test func keepsUnknownKeysAndRoles() throws {
        var odd = Self.file.object ?? [:]
        odd["role"] = "hologram"
        let manifest = try read(["files": [.object(odd)]])
        #expect(manifest.json["shelf"]?["row"] == 3)
        #expect(manifest.files[0].role == .other)
        #expect(manifest.files[0].roleName == "hologram")
        #expect(manifest.name.publisher == "acme")
        #expect(manifest.totalSize == 7)
    }

    static let memberFaults: [(String, JSONValue?, any BundleRule)] = [
        ("schemaVersion", 2, UnsupportedRule.schema), ("schemaVersion", 0, UnsupportedRule.schema),
        ("kind", "engine", UnsupportedRule.kind), ("critical", ["volumes"], UnsupportedRule.criticalKey),
        ("critical", "name", ManifestRule.critical), ("critical", [1], ManifestRule.critical),
        ("schemaVersion", "1", ManifestRule.schemaVersion), ("schemaVersion", nil, ManifestRule.schemaVersion),
        ("schemaVersion", .decimal("1.0"), ManifestRule.schemaVersion), ("kind", nil, ManifestRule.memberText),
        ("name", nil, ManifestRule.memberText), ("name", "a/b/c", ManifestRule.name),
        ("name", "x.gguf", ManifestRule.name), ("name", "", ManifestRule.name), ("name", "../x", ManifestRule.name),
        ("version", "", ManifestRule.versionName), ("version", "1 0", ManifestRule.versionName),
        ("version", 1, ManifestRule.memberText), ("files", nil, ManifestRule.files), ("files", [:], ManifestRule.files),
        ("files", [1], ManifestRule.path), ("files", [file, file], ManifestRule.duplicatePath),
        ("totalSize", 8, ManifestRule.totalSize), ("totalSize", -7, ManifestRule.count),
        ("totalSize", .decimal("7.0"), ManifestRule.count), ("parameters", "7B", ManifestRule.count),
        ("contextLength", .decimal("4e3"), ManifestRule.count), ("license", "MIT", ManifestRule.object),
        ("license", ["file": "model/LICENSE"], ManifestRule.licenseFile),
        ("license", ["id": 1], ManifestRule.memberText), ("publisher", 1, ManifestRule.memberText),
        ("engine", ["id": []], ManifestRule.memberText), ("engine", true, ManifestRule.object),
    ]

    @Test(arguments: memberFaults.indices)
    func refuses(_ index: Int) {
        let (key, value, rule) = Self.memberFaults[index]
        let error = #expect(throws: BundleError.self) { _ = try read([key: value]) }
        #expect(error?.identifier == rule.identifier, "\(key): \(value ?? "none")")
        #expect(error?.exitStatus == .invalidContent)
    }

    static let fileFaults: [(String, JSONValue?, any BundleRule)] = [
        ("path", "../x", NameRule.dotPart), ("path", "/etc/x", NameRule.emptyPart),
        ("path", "model\\x", NameRule.backslash), ("path", "model/a\u{0}", NameRule.control),
        ("path", "checksums.txt", ManifestRule.unlistable), ("path", "manifest.json", ManifestRule.unlistable),
        ("path", "model.sig", ManifestRule.unlistable), ("path", nil, ManifestRule.path),
        ("path", 1, ManifestRule.path), ("sha256", "00", ManifestRule.digest), ("sha256", nil, ManifestRule.digest),
        ("sha256", .string(digest.uppercased()), ManifestRule.digest), ("size", -1, ManifestRule.size),
        ("size", nil, ManifestRule.size), ("size", "7", ManifestRule.size),
        ("size", .decimal("7e0"), ManifestRule.size),
        ("role", 1, ManifestRule.role), ("role", nil, ManifestRule.role),
    ]

    @Test(arguments: fileFaults.indices)
    func refusesAFile(_ index: Int) {
        let (key, value, rule) = Self.fileFaults[index]
        var file = Self.file.object ?? [:]
        file[key] = value
        let error = #expect(throws: BundleError.self) { _ = try read(["files": [.object(file)], "totalSize": nil]) }
        #expect(error?.identifier == rule.identifier, "\(key): \(value ?? "none")")
    }

    static let textFaults: [(String, ManifestRule)] = [
        ("", .syntax), ("{", .syntax), ("{\"a\":1,}", .syntax), ("{'a':1}", .syntax), ("{\"a\":01}", .syntax),
        ("{\"a\":NaN}", .syntax), ("{\"a\":-Infinity}", .syntax), ("{\"a\":+1}", .syntax), ("{\"a\":.5}", .syntax),
        ("/**/{}", .syntax), ("\u{FEFF}{}", .syntax), ("{\"a\":\"\\x\"}", .syntax), ("{\"a\":\"\\u12\"}", .syntax),
        ("{\"a\":1}{}", .trailing), ("{}\u{0}", .trailing), ("{} #", .trailing), ("[]", .notAnObject),
        ("7", .notAnObject),
        ("{\"a\":\"\\ud800\"}", .text), ("{\"a\":\"\\ude00\\ud83d\"}", .text), ("{\"a\":\"\n\"}", .text),
        ("{\"a\":1,\"a\":1}", .duplicateKey), ("{\"a\":1,\"\\u0061\":1}", .duplicateKey),
        ("{\"b\":[{\"a\":1,\"a\":2}]}", .duplicateKey), (String(repeating: "[", count: 65), .depth),
        (String(repeating: "{\"a\":", count: 65), .depth), (String(repeating: "[", count: 1_000_000), .depth),
        ("{\"a\":9223372036854775808}", .number), ("{\"a\":-9223372036854775809}", .number),
        ("{\"a\":1e999}", .number), ("[" + String(repeating: "{},", count: 1 << 19) + "{}]", .values),
        (String(repeating: " ", count: 16 << 20) + "{}", .tooLarge),
    ]

    @Test(arguments: textFaults.indices)
    func refusesAText(_ index: Int) {
        let (text, rule) = Self.textFaults[index]
        let error = #expect(throws: BundleError.self) { _ = try Manifest(reading: Array(text.utf8)) }
        #expect(error?.identifier == rule.identifier, "\(text.prefix(100))")
    }

    @Test func refusesBytesThatAreNoUTF8() {
        for bytes: [UInt8] in [[0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80]] {
            let text = Array("{\"a\":\"".utf8) + bytes + Array("\"}".utf8)
            let error = #expect(throws: BundleError.self) { _ = try Manifest(reading: text) }
            #expect(error?.identifier == ManifestRule.text.identifier)
        }
    }

    @Test func refusesSizesThatOverflow() {
        let halves: [JSONValue] = ["model/a", "model/b"].map {
            ["path": $0, "role": "weights", "sha256": .string(Self.digest), "size": .integer(.max)]
        }
        let error = #expect(throws: BundleError.self) { _ = try read(["files": .array(halves), "totalSize": nil]) }
        #expect(error?.identifier == ManifestRule.sizeOverflow.identifier)
    }

    @Test(arguments: [Int64(1 << 60) + 1, .max])
    func refusesMoreThanCanBeCountedOn(_ size: Int64) {
        let file: JSONValue = [
            "path": "model/a", "role": "weights", "sha256": .string(Self.digest), "size": .integer(size),
        ]
        let error = #expect(throws: BundleError.self) { _ = try read(["files": [file], "totalSize": nil]) }
        #expect(error?.identifier == ManifestRule.sizeOverflow.identifier)
    }

    @Test func refusesTwoSizesOfOneDigest() {
        let files: [JSONValue] = [("model/a", 5), ("model/b", 7)].map { path, size in
            ["path": .string(path), "role": "weights", "sha256": .string(Self.digest), "size": .integer(size)]
        }
        let error = #expect(throws: BundleError.self) { _ = try read(["files": .array(files), "totalSize": nil]) }
        #expect(error?.identifier == ManifestRule.digestSize.identifier)
    }

    @Test func everyRuleHasAFault() {
        let rules = (Self.memberFaults + Self.fileFaults).map(\.2.identifier) + Self.textFaults.map(\.1.identifier)
        #expect(
            Set(ManifestRule.identifiers).subtracting(rules)
                == [ManifestRule.sizeOverflow.identifier, ManifestRule.digestSize.identifier])
        let unsupported = Set(UnsupportedRule.identifiers).subtracting(rules)
        #expect(unsupported == [UnsupportedRule.ggufVersion.identifier, UnsupportedRule.byteOrder.identifier])
    }

    @Test func contentIgnoresWhoMadeThePackageAndWhen() throws {
        let first = try read(["createdAt": "2026-01-01T00:00:00Z", "createdBy": "a"]).contentDigest()
        let second = try read(["createdAt": "2027-01-01T00:00:00Z", "createdBy": "b"]).contentDigest()
        let other = try read(["displayName": "other"]).contentDigest()
        #expect(first == second)
        #expect(first != other)
    }

    @Test func draftsHaveTheSameSizeWhateverTheDigestsAre() throws {
        let draft = ManifestDraft(name: try PackageName(validating: "x"), version: nil, members: ["kind": "model"])
        let sizes = try [UInt8(0), 255].map { byte in
            let digest = try #require(SHA256Digest(bytes: Array(repeating: byte, count: 32)))
            let file = ManifestFile(path: "model/x", role: .weights, sha256: digest, size: 7)
            let manifest = try draft.manifest(of: [file])
            #expect(try Manifest(reading: manifest.bytes) == manifest)
            return manifest.bytes.count
        }
        #expect(sizes[0] == sizes[1])
    }

    @Test func theDerivedVersionDependsOnContentAlone() throws {
        let digest = try #require(SHA256Digest(hex: Self.digest))
        let files = ["model/b", "model/a", "metadata.json"].map {
            ManifestFile(path: $0, role: .other, sha256: digest, size: 1)
        }
        let version = try PackageVersion(derivedFrom: files)
        #expect(version == (try PackageVersion(derivedFrom: [files[1], files[0]])))
        let lines = "\(Self.digest)  model/a\n\(Self.digest)  model/b\n"
        #expect(try version.description == "sha-" + SHA256Digest(of: Array(lines.utf8)).hex.prefix(12))
    }
}
