// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore

/// The name of a model: `[publisher/]model`.
package struct PackageName: Sendable, Hashable, CustomStringConvertible {
    package let publisher: String?
    package let model: String

    /// Checks a name.
    ///
    /// - Throws: `BundleError`, code `invalidName`, with the rule that is broken.
    package init(validating text: String) throws(BundleError) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count <= 2 else { throw Self.refusal(text, "has more than one /") }
        for part in parts {
            if let reason = NamePart.fault(in: part) { throw Self.refusal(text, reason) }
        }
        publisher = parts.count == 2 ? parts[0] : nil
        model = parts[parts.count - 1]
    }

    /// Takes over parts that were made to fit the rules.
    init(derivedPublisher publisher: String?, model: String) {
        self.publisher = publisher
        self.model = model
    }

    /// The name as manifests and commands spell it.
    package var description: String { publisher.map { "\($0)/\(model)" } ?? model }

    private static func refusal(_ text: String, _ reason: String) -> BundleError {
        BundleError(
            .invalidName, "\"\(text.excerptForOneLine)\" is no model name: it \(reason)",
            hint:
                "A name is [publisher/]model; each part starts with a letter or digit and goes on with letters, digits, "
                + "dots, underscores and dashes.")
    }
}

/// A version of a model.
package struct PackageVersion: Sendable, Hashable, CustomStringConvertible {
    package let description: String

    /// Checks a version.
    ///
    /// - Throws: `BundleError`, code `invalidName`, with the rule that is broken.
    package init(validating text: String) throws(BundleError) {
        if let reason = NamePart.fault(in: text) {
            throw BundleError(
                .invalidName, "\"\(text.excerptForOneLine)\" is no version: it \(reason)",
                hint:
                    "A version starts with a letter or digit and goes on with letters, digits, dots, underscores and dashes."
            )
        }
        description = text
    }

    /// The version of content that was given none: `sha-` and 12 hexadecimal digits.
    ///
    /// The digits are the first of the SHA-256 over the lines `<hex>  <path>` LF of everything under `model/`, in byte
    /// order of the paths, so that equal content always gets an equal version.
    ///
    /// - Throws: `BundleError` when OpenSSL fails.
    package init(derivedFrom files: [ManifestFile]) throws(BundleError) {
        let lines = files.filter { $0.path.hasPrefix("model/") }
            .sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
            .map { "\($0.sha256.hex)  \($0.path)\n" }
        description = try "sha-" + SHA256Digest(of: Array(lines.joined().utf8)).hex.prefix(12)
    }
}

private enum NamePart {
    static func fault(in part: String) -> String? {
        func isAlphanumeric(_ byte: UInt8) -> Bool {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "a")...UInt8(ascii: "z"):
                true
            default: false
            }
        }
        guard let first = part.utf8.first else { return "has an empty part" }
        guard part.utf8.count <= 128 else { return "has a part longer than 128 bytes" }
        guard isAlphanumeric(first) else { return "has a part that does not start with a letter or digit" }
        guard part.utf8.allSatisfy({ isAlphanumeric($0) || "._-".utf8.contains($0) }) else {
            return "has a character other than letters, digits, dots, underscores and dashes"
        }
        guard part.utf8.contains(UInt8(ascii: ".")) else { return nil }
        let folded = part.lowercased()
        for suffix in [".gguf", ".baimodel", ".baiengine"] where folded.hasSuffix(suffix) {
            return "ends in \(suffix), which marks files"
        }
        return nil
    }
}
