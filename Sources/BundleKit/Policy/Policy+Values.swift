// SPDX-License-Identifier: Apache-2.0

package import BaigoCore

extension Policy {
    /// One effective value, and the files it comes from.
    package struct Value: Sendable, Equatable {
        /// `signature.required` for example.
        package let key: String
        package let value: JSONValue
        /// Paths of the files that have the key; empty for a default.
        package let from: [String]
    }

    /// Every value in effect, by key.
    package var values: [Value] {
        var values: [String: JSONValue] = [
            "signature.required": .string(required.rawValue), "signature.threshold": .integer(threshold),
            "signature.accept_expired_keys": Self.list(acceptedExpiredKeys),
            "signature.accept_other_purpose_keys": Self.list(acceptedOtherPurposeKeys),
            "signature.on_revocation": .string(onRevocation.rawValue),
            "license.allow": licenses(\.allowedLicenses),
            "license.deny": Self.list(documents.flatMap(\.deniedLicenses).map(\.description)),
            "license.unknown": .string(unknownLicense.rawValue),
            "export.redistribution": .string(needsRedistribution ? "required" : "any"),
            "export.allow": exportAllowed,
            "export.deny": Self.list(documents.flatMap(\.deniedExportLicenses).map(\.description)),
            "format.allow": Self.list(allowedFormats),
            "architecture.allow": allowedArchitectures.map(Self.list) ?? .null,
            "architecture.deny": Self.list(deniedArchitectures),
            "size.package": .number(maximumPackage?.bytes), "store.quota": .number(quota?.bytes),
            "downgrade.allowed": .bool(isDowngradeAllowed), "probe.required": .bool(needsProbe),
        ]
        values["signer"] = .array(documents.flatMap(\.signers).map(\.json))
        values["scanner"] = .array(scanners.map(\.json))
        values["override"] = .array(documents.flatMap(\.overrides).map(\.json))
        return values.map { Value(key: $0.key, value: $0.value, from: sources(of: $0.key)) }
            .sorted { $0.key < $1.key }
    }

    private func sources(of key: String) -> [String] {
        parts.filter { part in
            part.document.statedKeys.contains { $0 == key || $0.hasPrefix(key + ".") }
        }.map(\.path)
    }

    /// A list for each file that has one, since a licence has to be in all of them.
    private func licenses(_ list: KeyPath<PolicyDocument, [LicenseTerm]?>) -> JSONValue {
        let lists = documents.compactMap { $0[keyPath: list]?.map(\.description) }
        guard let first = lists.first else { return .null }
        return Self.list(lists.count == 1 ? first : first.filter { lists[1].contains($0) })
    }

    /// What every file that asks for redistribution lets pass.
    private var exportAllowed: JSONValue {
        let lists = documents.filter(\.needsRedistribution).map { Set($0.allowedExportLicenses.map(\.description)) }
        guard let first = lists.first else { return [] }
        return Self.list(lists.dropFirst().reduce(first) { $0.intersection($1) })
    }

    private static func list(_ texts: some Sequence<String>) -> JSONValue {
        .array(Set(texts).sorted().map(JSONValue.string))
    }
}

extension PolicyDocument.Signer {
    var json: JSONValue {
        [
            "fingerprint": .string(fingerprint ?? "*"), "names": .array(names.map { .string($0.description) }),
            "not_before": .text(notBefore?.description),
        ]
    }
}

extension PolicyDocument.Scanner {
    var json: JSONValue {
        [
            "command": .array(command.map(JSONValue.string)), "timeout": .integer(timeout),
            "max_file_size": .number(maximumFileSize?.bytes),
            "unscanned": .array(unscanned.map { .string($0.description) }),
        ]
    }
}

extension PolicyDocument.Override {
    var json: JSONValue {
        ["rule": .string(rule.rawValue), "users": .array(users.sorted().map(JSONValue.string))]
    }
}
