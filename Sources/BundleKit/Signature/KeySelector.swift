// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore

/// How a person names a key: by the end of its fingerprint, at least 8 digits, or by an e-mail address.
package struct KeySelector: Sendable {
    private enum Form: Sendable {
        case fingerprint(String)
        case address(String)
        case any
    }

    private let form: Form
    private let shown: String

    /// Reads what was typed: hexadecimal digits with or without `0x` and blanks, or an address.
    ///
    /// - Throws: `BundleError`, code `invalidRequest`, for anything else.
    package init(_ text: String) throws(BundleError) {
        shown = text.escapedForOneLine
        if text.contains("@") {
            form = .address(text.lowercased())
        } else if let digits = Self.digits(text), digits.count >= 8 {
            form = .fingerprint(digits)
        } else {
            throw BundleError(
                .invalidRequest, "\(shown) names no key",
                hint: "Name a key by its fingerprint, at least its last 8 digits, or by its full e-mail address.")
        }
    }

    /// Means whatever key there is.
    static let any = KeySelector(form: .any, shown: "the request")

    private init(form: Form, shown: String) {
        self.form = form
        self.shown = shown
    }

    /// A full fingerprint as it is stored: 40 upper-case digits; `nil` where the text is none.
    package static func fingerprint(_ text: String) -> String? {
        digits(text).flatMap { $0.count == 40 ? $0 : nil }
    }

    private static func digits(_ text: String) -> String? {
        let compact = text.filter { $0 != " " }.uppercased()
        let digits = compact.hasPrefix("0X") ? String(compact.dropFirst(2)) : compact
        guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x41...0x46).contains($0) }) else { return nil }
        return digits
    }

    /// Whether it means a key with these fingerprints and lower-case addresses.
    func matches(fingerprints: [String], addresses: [String]) -> Bool {
        switch form {
        case .fingerprint(let digits): fingerprints.contains { $0.hasSuffix(digits) }
        case .address(let address): addresses.contains(address)
        case .any: true
        }
    }

    /// The only one of several keys that is meant.
    ///
    /// - Parameters:
    ///   - keys: Those that fit.
    ///   - place: Where they are, for messages: `trusted here`.
    ///   - hint: What helps where there is none.
    ///   - fingerprint: A key's fingerprint.
    /// - Returns: The key.
    /// - Throws: `BundleError`, code `keyNotFound` or `keyAmbiguous` with all fingerprints.
    func only<Key>(
        of keys: [Key], _ place: String, hint: String, fingerprint: (Key) -> String
    ) throws(BundleError) -> Key {
        guard let first = keys.first else {
            throw BundleError(.keyNotFound, "no key \(place) fits \(shown)", hint: hint)
        }
        guard keys.count == 1 else {
            let all = keys.map(fingerprint).sorted().joined(separator: ", ")
            throw BundleError(
                .keyAmbiguous, "\(shown) fits \(keys.count) keys: \(all)", hint: "Name the key by its full fingerprint."
            )
        }
        return first
    }
}
