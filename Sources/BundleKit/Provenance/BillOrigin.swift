// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore

/// Where a model comes from, as a bill of materials says it.
struct BillOrigin {
    private static let hub = "https://huggingface.co/"

    private let repository: String?
    private let revision: String?
    private let sourceURL: String?

    init(_ manifest: Manifest) {
        repository = manifest.repository
        revision = manifest.revision
        sourceURL = manifest.sourceURL
    }

    /// `owner` and `name` of a repository that is written like one of the Hub's.
    private var ownerAndName: (owner: String, name: String)? {
        guard let parts = repository?.split(separator: "/", omittingEmptySubsequences: false), parts.count == 2,
            parts.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy(Self.isPlain) })
        else { return nil }
        return (String(parts[0]), String(parts[1]))
    }

    /// The package URL of a commit on the Hub; `nil` where the revision is no commit.
    ///
    /// Source: purl specification, type `huggingface`.
    var packageURL: String? {
        guard let place = ownerAndName, let revision, revision.utf8.count == 40,
            revision.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) })
        else { return nil }
        return "pkg:huggingface/\(place.owner)/\(place.name)@\(revision)"
    }

    /// Addresses: of the repository and of what it was fetched from.
    var references: [JSONValue] {
        var references: [JSONValue] = []
        if let place = ownerAndName {
            references.append(reference("vcs", Self.hub + "\(place.owner)/\(place.name)", revision))
        } else if let repository, Self.isAddress(repository) {
            references.append(reference("vcs", repository, revision))
        }
        if let sourceURL, Self.isAddress(sourceURL) { references.append(reference("distribution", sourceURL, nil)) }
        return references
    }

    /// Whether the text has a scheme and a host that every reader of bills takes.
    private static func isAddress(_ text: String) -> Bool {
        guard let scheme = ["https://", "http://", "ssh://", "git://"].first(where: text.hasPrefix) else {
            return false
        }
        let host = text.utf8.dropFirst(scheme.utf8.count).prefix { !"/?#".utf8.contains($0) }
        return !host.isEmpty && host.allSatisfy(isPlain)
    }

    private func reference(_ type: String, _ address: String, _ comment: String?) -> JSONValue {
        var members: [String: JSONValue] = ["type": .string(type), "url": .string(Self.quoted(address))]
        if let comment { members["comment"] = .string("revision " + comment) }
        return .object(members)
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
            true
        default: false
        }
    }

    /// The address with everything but plain characters of a URI in percent signs.
    ///
    /// Source: RFC 3986, section 2.
    private static func quoted(_ address: String) -> String {
        let digits = Array("0123456789ABCDEF")
        return address.utf8.reduce(into: "") { text, byte in
            if isPlain(byte) || ":/?@!$&'()*+,;=~".utf8.contains(byte) {
                text.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                text += "%\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
            }
        }
    }
}

/// A licence as a bill of materials says it.
enum BillLicense {
    /// By identifier where it is one of SPDX, as an expression where it is made of such, else by name.
    static func json(_ text: String) -> JSONValue {
        if let identifier = LicenseIdentifier.known(text) {
            return ["license": ["id": .string(identifier), "acknowledgement": "declared"]]
        }
        if let expression = LicenseExpression(text), isKnown(expression) {
            return ["expression": .string(text), "acknowledgement": "declared"]
        }
        return ["license": ["name": .string(text), "acknowledgement": "declared"]]
    }

    private static func isKnown(_ expression: LicenseExpression) -> Bool {
        switch expression {
        case .term(let term):
            let identifier = term.description.prefix { $0 != " " && $0 != "+" }
            return LicenseIdentifier.known(String(identifier)) != nil
        case .all(let parts), .any(let parts): return parts.allSatisfy(isKnown)
        }
    }
}
