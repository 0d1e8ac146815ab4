// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore

extension Manifest {
    /// Reads the bytes of `manifest.json`.
    ///
    /// - Parameters:
    ///   - bytes: The file.
    ///   - kind: What the package has to hold.
    /// - Throws: `BundleError`: `unsupported` for a schema, kind or critical key that this version does not know,
    ///   `unsafeEntryName` and `invalidName` for names, `manifest` for everything else.
    package init(reading bytes: [UInt8], kind: String = "model") throws(BundleError) {
        let json = try ManifestFault.members(of: bytes)
        let members = ManifestMembers(json: json)
        try members.checkSchema(kind: kind)
        try members.checkTypes()
        let files = try members.files()
        let totalSize = try members.total(of: files)
        try members.checkLicense(in: files)
        let name = try Self.validName(try members.text("name"), .name, PackageName.init(validating:))
        let version = try Self.validName(try members.text("version"), .versionName, PackageVersion.init(validating:))
        self.init(json: json, name: name, version: version, files: files, totalSize: totalSize)
    }

    private static func validName<Name>(
        _ text: String, _ rule: ManifestRule, _ make: (String) throws(BundleError) -> Name
    ) throws(BundleError) -> Name {
        do throws(BundleError) {
            return try make(text)
        } catch {
            throw ManifestFault.error(rule, "has a bad name: \(error.message)")
        }
    }
}

enum ManifestFault {
    /// The members of the one object that `manifest.json` of any maker has to be.
    static func members(of bytes: [UInt8]) throws(BundleError) -> [String: JSONValue] {
        guard bytes.count <= Manifest.maximumBytes else {
            throw error(.tooLarge, "is larger than \(ByteCount(Manifest.maximumBytes))")
        }
        let value: JSONValue
        do throws(JSONError) {
            value = try JSONValue(strict: bytes)
        } catch {
            throw self.error(
                ManifestRule(error.rule), "is not strict JSON: \(error.reason) (byte \(error.byteOffset))")
        }
        guard let members = value.object else { throw error(.notAnObject, "is no object") }
        return members
    }

    static func error(_ rule: ManifestRule, _ reason: String) -> BundleError {
        BundleError(
            breaking: rule, "validation failed: manifest.json \(reason)",
            hint: "Ask the sender for a new copy of the package.")
    }
}

/// The members of a manifest under the rules of schema 1.
private struct ManifestMembers {
    private static let textKeys = [
        "architecture", "createdAt", "createdBy", "displayName", "format", "kind", "publisher", "quantization",
        "repository", "revision", "sourceURL",
    ]
    private static let countKeys = ["contextLength", "parameters", "totalSize"]
    private static let otherKeys = ["critical", "engine", "files", "license", "name", "schemaVersion", "version"]

    let json: [String: JSONValue]

    func checkSchema(kind expected: String) throws(BundleError) {
        guard let schema = json["schemaVersion"] else {
            throw ManifestFault.error(.schemaVersion, "has no schemaVersion")
        }
        guard let number = schema.integer else {
            throw ManifestFault.error(.schemaVersion, "has a schemaVersion that is no integer")
        }
        guard number == Manifest.schemaVersion else {
            throw BundleError(
                breaking: UnsupportedRule.schema,
                "manifest.json has schema \(number); this version of baigo reads schema 1",
                hint: "Use a version of baigo that reads schema \(number).")
        }
        let kind = try text("kind")
        guard kind == expected else {
            let hint =
                switch kind {
                case "engine": "Use baigo engine import."
                case "trust": "Use baigo trust update."
                case "model": "Use baigo import."
                default: "Use a version of baigo that reads this kind."
                }
            throw BundleError(
                breaking: UnsupportedRule.kind, "the package holds a \(kind.excerptForOneLine), not a \(expected)",
                hint: hint)
        }
        guard let critical = json["critical"] else { return }
        guard let keys = critical.array else {
            throw ManifestFault.error(.critical, "has \"critical\" that is no array")
        }
        let known = Set(Self.textKeys + Self.countKeys + Self.otherKeys)
        for key in keys {
            guard let key = key.string else {
                throw ManifestFault.error(.critical, "has a key in \"critical\" that is no text")
            }
            guard known.contains(key) else {
                throw BundleError(
                    breaking: UnsupportedRule.criticalKey,
                    "manifest.json requires readers to understand \"\(key.excerptForOneLine)\"",
                    hint: "Use a newer version of baigo.")
            }
        }
    }

    func checkTypes() throws(BundleError) {
        for key in Self.textKeys {
            if let value = json[key], value != .null, value.string == nil {
                throw ManifestFault.error(.memberText, "has \"\(key)\" that is no text")
            }
        }
        for key in Self.countKeys {
            guard let value = json[key], value != .null else { continue }
            guard let number = value.integer, number >= 0 else {
                throw ManifestFault.error(.count, "has \"\(key)\" that is no count")
            }
        }
        for (key, inner) in [("license", ["file", "id"]), ("engine", ["id", "minimumVersion"])] {
            guard let value = json[key], value != .null else { continue }
            guard let object = value.object else {
                throw ManifestFault.error(.object, "has \"\(key)\" that is no object")
            }
            for name in inner {
                if let text = object[name], text != .null, text.string == nil {
                    throw ManifestFault.error(.memberText, "has \"\(key).\(name)\" that is no text")
                }
            }
        }
    }

    func text(_ key: String) throws(BundleError) -> String {
        guard let text = json[key]?.string else { throw ManifestFault.error(.memberText, "has no text \"\(key)\"") }
        return text
    }

    func files() throws(BundleError) -> [ManifestFile] {
        guard let lines = json["files"]?.array else { throw ManifestFault.error(.files, "has no array \"files\"") }
        var files: [ManifestFile] = []
        var seen: Set<String> = []
        for (index, line) in lines.enumerated() {
            let file = try self.file(line, index: index)
            guard seen.insert(EntryName.folded(file.path)).inserted else {
                throw ManifestFault.error(.duplicatePath, "lists \(file.path) twice, or once more with other case")
            }
            files.append(file)
        }
        return files
    }

    private func file(_ line: JSONValue, index: Int) throws(BundleError) -> ManifestFile {
        guard let path = line["path"]?.string else {
            throw ManifestFault.error(.path, "has files[\(index)] without a path")
        }
        let name = try EntryName.validate(Array(path.utf8))
        guard !ChecksumList.unlistedNames.contains(name), name != "manifest.json" else {
            throw ManifestFault.error(.unlistable, "lists \(name), which no manifest lists")
        }
        guard let role = line["role"]?.string else { throw ManifestFault.error(.role, "gives \(name) no role") }
        guard let digest = line["sha256"]?.string.flatMap({ SHA256Digest(hex: $0) }) else {
            throw ManifestFault.error(.digest, "gives \(name) no sha256 of 64 lower-case digits")
        }
        guard let size = line["size"]?.integer, size >= 0 else {
            throw ManifestFault.error(.size, "gives \(name) no size")
        }
        return ManifestFile(path: name, roleName: role, sha256: digest, size: size)
    }

    func total(of files: [ManifestFile]) throws(BundleError) -> Int64 {
        let total = try Manifest.sum(of: files)
        if let stated = json["totalSize"]?.integer, stated != total {
            throw ManifestFault.error(.totalSize, "states a totalSize of \(stated), but its files have \(total) bytes")
        }
        return total
    }

    func checkLicense(in files: [ManifestFile]) throws(BundleError) {
        guard let path = json["license"]?["file"]?.string else { return }
        guard files.contains(where: { $0.path == path }) else {
            throw ManifestFault.error(
                .licenseFile, "names the licence file \(path.excerptForOneLine), which it does not list")
        }
    }
}

extension Manifest {
    /// Bytes of all files together.
    ///
    /// - Throws: `BundleError`: `manifest` where they are more than a package may have, or where one content is said to
    ///   have two sizes.
    static func sum(of files: [ManifestFile]) throws(BundleError) -> Int64 {
        var total: Int64 = 0
        var sizes: [SHA256Digest: Int64] = [:]
        for file in files {
            guard sizes.updateValue(file.size, forKey: file.sha256) ?? file.size == file.size else {
                throw ManifestFault.error(.digestSize, "gives \(file.path) another size than a file of the same digest")
            }
            let (sum, overflow) = total.addingReportingOverflow(file.size)
            guard !overflow, sum <= maximumTotalBytes else {
                throw ManifestFault.error(.sizeOverflow, "lists sizes that are too large together")
            }
            total = sum
        }
        return total
    }
}
