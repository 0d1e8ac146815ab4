// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore

extension PolicyDocument {
    /// Bytes of a policy file at the most.
    package static let byteLimit = 256 << 10
    /// Formats of weights that a policy can name.
    package static let formats: Set<String> = ["gguf", "safetensors", "onnx", "pytorch", "torchscript"]
    /// Who holds for every signer without an entry.
    private static let anyone = "*"
    private static let schema: Int64 = 1

    /// Reads the text of a policy file strictly.
    ///
    /// - Throws: `PolicyError`, code `malformed`: too large, not UTF-8, not TOML, another `schema` than 1, an unknown
    ///   key or word, a value of another type or out of its range.
    package init(reading bytes: [UInt8]) throws(PolicyError) {
        let root = try PolicyTable(parsing: try Self.text(bytes))
        guard let schema = try root.integer("schema", in: 1...Int64.max) else {
            throw .malformed("lacks schema = \(Self.schema)")
        }
        guard schema == Self.schema else {
            throw .malformed("has schema \(schema); this version of baigo knows schema \(Self.schema)")
        }
        try root.check(knowing: [
            "schema", "signature", "signer", "license", "export", "format", "architecture", "size", "store",
            "downgrade", "scanner", "probe", "override",
        ])
        self.init()
        try readSignature(root)
        try readSigners(root)
        try readLicense(root)
        try readContent(root)
        try readStore(root)
        try readScanner(root)
        try readOverrides(root)
    }

    /// The bytes as text that a parser of C cannot read differently.
    private static func text(_ bytes: [UInt8]) throws(PolicyError) -> String {
        guard bytes.count <= byteLimit else { throw .malformed("is larger than \(ByteCount(byteLimit))") }
        guard let text = String(validating: bytes, as: UTF8.self) else { throw .malformed("is not UTF-8") }
        guard !bytes.contains(0) else { throw .malformed("holds a NUL byte") }
        for escape in ["\\u0000", "\\U00000000", "\\x00"] where text.contains(escape) {
            throw .malformed("holds the escape \(escape), which ends texts")
        }
        return text
    }

    private mutating func note(_ table: PolicyTable) { statedKeys.formUnion(table.statedKeys) }

    private mutating func readSignature(_ root: PolicyTable) throws(PolicyError) {
        let keys: Set<String> = [
            "required", "threshold", "accept_expired_keys", "accept_other_purpose_keys", "on_revocation",
        ]
        guard let table = try root.table("signature", knowing: keys) else { return }
        note(table)
        required = try table.word("required", SignaturePolicy.Requirement.self) ?? .auto
        threshold = try table.integer("threshold", in: 0...64) ?? 0
        acceptedExpiredKeys = try Self.fingerprints("accept_expired_keys", table)
        acceptedOtherPurposeKeys = try Self.fingerprints("accept_other_purpose_keys", table)
        onRevocation = try table.word("on_revocation", RevocationResponse.self) ?? .warn
    }

    private static func fingerprints(_ key: String, _ table: PolicyTable) throws(PolicyError) -> Set<String> {
        var fingerprints: Set<String> = []
        for text in try table.strings(key) ?? [] { fingerprints.insert(try fingerprint(text, key, table)) }
        return fingerprints
    }

    private static func fingerprint(_ text: String, _ key: String, _ table: PolicyTable) throws(PolicyError) -> String {
        guard let fingerprint = KeySelector.fingerprint(text) else {
            throw table.wrong(key, "fingerprints of 40 hexadecimal digits")
        }
        return fingerprint
    }

    private mutating func readSigners(_ root: PolicyTable) throws(PolicyError) {
        for table in try root.tables("signer", knowing: ["fingerprint", "names", "not_before"]) {
            statedKeys.insert("signer")
            guard let text = try table.string("fingerprint") else { throw table.missing("fingerprint") }
            let fingerprint = text == Self.anyone ? nil : try Self.fingerprint(text, "fingerprint", table)
            guard !signers.contains(where: { $0.fingerprint == fingerprint }) else {
                throw .malformed("has two [[signer]] entries for \(text.escapedForOneLine)")
            }
            let names = try table.strings("names")?.map(NamePattern.init) ?? [NamePattern("*")]
            signers.append(Signer(fingerprint: fingerprint, names: names, notBefore: try table.date("not_before")))
        }
    }

    private mutating func readLicense(_ root: PolicyTable) throws(PolicyError) {
        if let table = try root.table("license", knowing: ["allow", "deny", "unknown"]) {
            note(table)
            allowedLicenses = try Self.licenses("allow", table)
            deniedLicenses = try Self.licenses("deny", table) ?? []
            unknownLicense = try table.word("unknown", UnknownLicense.self) ?? (allowedLicenses == nil ? .allow : .deny)
        }
        if let table = try root.table("export", knowing: ["redistribution", "allow", "deny"]) {
            note(table)
            needsRedistribution = try table.word("redistribution", Redistribution.self) == .required
            allowedExportLicenses = try Self.licenses("allow", table) ?? []
            deniedExportLicenses = try Self.licenses("deny", table) ?? []
        }
    }

    private enum Redistribution: String, CaseIterable { case any, required }

    private static func licenses(_ key: String, _ table: PolicyTable) throws(PolicyError) -> [LicenseTerm]? {
        guard let texts = try table.strings(key) else { return nil }
        var terms: [LicenseTerm] = []
        for text in texts {
            guard let term = LicenseExpression(text)?.onlyTerm else {
                throw table.wrong(key, "SPDX identifiers, each alone or WITH an exception; this is none: \(text)")
            }
            terms.append(term)
        }
        return terms
    }

    private mutating func readContent(_ root: PolicyTable) throws(PolicyError) {
        if let table = try root.table("format", knowing: ["allow"]) {
            note(table)
            if let words = try table.strings("allow") {
                guard let stranger = words.first(where: { !Self.formats.contains($0) }) else {
                    allowedFormats = Set(words)
                    return try readArchitecture(root)
                }
                let known = Self.formats.sorted().joined(separator: ", ")
                throw table.wrong("allow", "formats out of \(known); this is none: \(stranger.escapedForOneLine)")
            }
        }
        try readArchitecture(root)
    }

    private mutating func readArchitecture(_ root: PolicyTable) throws(PolicyError) {
        guard let table = try root.table("architecture", knowing: ["allow", "deny"]) else { return }
        note(table)
        allowedArchitectures = try table.strings("allow").map { Set($0.map { $0.lowercased() }) }
        deniedArchitectures = Set((try table.strings("deny") ?? []).map { $0.lowercased() })
    }

    private mutating func readStore(_ root: PolicyTable) throws(PolicyError) {
        if let table = try root.table("size", knowing: ["package"]) {
            note(table)
            maximumPackage = try table.bytes("package")
        }
        if let table = try root.table("store", knowing: ["quota"]) {
            note(table)
            quota = try table.bytes("quota")
        }
        if let table = try root.table("downgrade", knowing: ["allowed"]) {
            note(table)
            isDowngradeAllowed = try table.bool("allowed") ?? true
        }
        if let table = try root.table("probe", knowing: ["required"]) {
            note(table)
            needsProbe = try table.bool("required") ?? false
        }
    }

    private mutating func readScanner(_ root: PolicyTable) throws(PolicyError) {
        let keys: Set<String> = ["command", "timeout", "max_file_size", "unscanned"]
        guard let table = try root.table("scanner", knowing: keys) else { return }
        note(table)
        guard let command = try table.strings("command"), let program = command.first else {
            throw table.missing("command")
        }
        guard program.hasPrefix("/"), command.filter({ $0 == Scanner.folderMark }).count <= 1 else {
            throw table.wrong("command", "a program's absolute path and its arguments, with {} once at the most")
        }
        scanner = Scanner(
            command: command, timeout: try table.integer("timeout", in: 1...604_800) ?? 3600,
            maximumFileSize: try table.bytes("max_file_size"),
            unscanned: (try table.strings("unscanned") ?? []).map(NamePattern.init))
    }

    private mutating func readOverrides(_ root: PolicyTable) throws(PolicyError) {
        for table in try root.tables("override", knowing: ["rule", "users"]) {
            statedKeys.insert("override")
            guard let rule = try table.word("rule", PolicyRule.self) else { throw table.missing("rule") }
            guard rule.isOverridable else { throw table.wrong("rule", "a rule that can be overridden") }
            guard let users = try table.strings("users") else { throw table.missing("users") }
            overrides.append(Override(rule: rule, users: Set(users)))
        }
    }
}

extension PolicyDocument.Scanner {
    /// Stands for the folder with the files.
    package static let folderMark = "{}"
}
