// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import BundleKit
import Testing

struct ManifestTests {
    private static let digest = String(repeating: "0a", count: 32)
    private static let file: JSONValue = [
        "path": "model/x.gguf", "role": "weights", "sha256": .string(digest), "size": 7,
    ]
    private static let valid: [String: JSONValue] = [
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

    @Test(
        arguments: [
            ("schemaVersion", 2, BundleError.Code.unsupported), ("kind", "engine", .unsupported),
            ("critical", ["volumes"], .unsupported), ("critical", "name", .manifest), ("schemaVersion", "1", .manifest),
            ("kind", nil, .manifest), ("name", nil, .manifest), ("name", "a/b/c", .manifest),
            ("name", "x.gguf", .manifest),
            ("version", "", .manifest), ("version", 1, .manifest), ("files", nil, .manifest), ("files", [1], .manifest),
            ("files", [file, file], .manifest), ("totalSize", 8, .manifest), ("totalSize", -7, .manifest),
            ("totalSize", .decimal("7.0"), .manifest), ("license", "MIT", .manifest),
            ("license", ["file": "model/LICENSE"], .manifest), ("license", ["id": 1], .manifest),
            ("parameters", "7B", .manifest),
            ("publisher", 1, .manifest), ("engine", ["id": []], .manifest),
        ] as [(String, JSONValue?, BundleError.Code)])
    func refuses(_ key: String, _ value: JSONValue?, _ code: BundleError.Code) {
        let error = #expect(throws: BundleError.self) { _ = try read([key: value]) }
        #expect(error?.code == code)
        #expect(error?.exitStatus == .invalidContent)
    }

    @Test(
        arguments: [
            ("path", "../x", BundleError.Code.unsafeEntryName), ("path", "checksums.txt", .manifest),
            ("path", nil, .manifest),
            ("path", "manifest.json", .manifest), ("sha256", "00", .manifest),
            ("sha256", .string(digest.uppercased()), .manifest),
            ("size", -1, .manifest), ("size", nil, .manifest), ("role", 1, .manifest),
        ] as [(String, JSONValue?, BundleError.Code)])
    func refusesAFile(_ key: String, _ value: JSONValue?, _ code: BundleError.Code) {
        var file = Self.file.object ?? [:]
        file[key] = value
        let error = #expect(throws: BundleError.self) { _ = try read(["files": [.object(file)], "totalSize": nil]) }
        #expect(error?.code == code)
    }

    @Test func refusesSizesThatOverflow() {
        let halves: [JSONValue] = ["model/a", "model/b"].map {
            ["path": $0, "role": "weights", "sha256": .string(Self.digest), "size": .integer(.max)]
        }
        let error = #expect(throws: BundleError.self) { _ = try read(["files": .array(halves), "totalSize": nil]) }
        #expect(error?.code == .manifest)
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
