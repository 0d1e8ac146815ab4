// SPDX-License-Identifier: Apache-2.0

/// The spelling of licences.
package enum LicenseIdentifier {
    /// The SPDX identifier where the words of the source are one in another case; the words themselves otherwise.
    ///
    /// Source: SPDX License List 3.25, those that model hubs offer.
    package static func canonical(_ words: String) -> String { known[words.lowercased()] ?? words }

    /// An identifier in SPDX spelling, whatever its case; `nil` for words that are none of those known here.
    package static func known(_ words: String) -> String? { known[words.lowercased()] }

    /// Whether an identifier is one of those, in any case, or one without the endings of the GNU licences.
    static func isKnown(_ identifier: String) -> Bool {
        let words = identifier.lowercased()
        return known[words] != nil || known[words + "-only"] != nil
    }

    private static let known: [String: String] = {
        let identifiers = [
            "0BSD", "AFL-3.0", "AGPL-3.0", "AGPL-3.0-only", "AGPL-3.0-or-later", "Apache-2.0", "Artistic-2.0",
            "BSD-2-Clause", "BSD-3-Clause", "BSD-3-Clause-Clear", "BSL-1.0", "CC-BY-2.0", "CC-BY-2.5", "CC-BY-3.0",
            "CC-BY-4.0", "CC-BY-NC-2.0", "CC-BY-NC-3.0", "CC-BY-NC-4.0", "CC-BY-NC-ND-3.0", "CC-BY-NC-ND-4.0",
            "CC-BY-NC-SA-2.0", "CC-BY-NC-SA-3.0", "CC-BY-NC-SA-4.0", "CC-BY-ND-4.0", "CC-BY-SA-3.0", "CC-BY-SA-4.0",
            "CC0-1.0", "CDLA-Permissive-1.0", "CDLA-Permissive-2.0", "CDLA-Sharing-1.0", "C-UDA-1.0", "ECL-2.0",
            "EPL-1.0", "EPL-2.0", "EUPL-1.1", "EUPL-1.2", "GFDL-1.3", "GPL-2.0", "GPL-2.0-only", "GPL-2.0-or-later",
            "GPL-3.0", "GPL-3.0-only", "GPL-3.0-or-later", "ISC", "LGPL-2.1", "LGPL-3.0", "LPPL-1.3c", "MIT",
            "MIT-0", "MPL-2.0", "MS-PL", "NCSA", "ODbL-1.0", "OFL-1.1", "OSL-3.0", "PDDL-1.0", "PostgreSQL",
            "Unlicense", "WTFPL", "Zlib",
        ]
        return Dictionary(uniqueKeysWithValues: identifiers.map { ($0.lowercased(), $0) })
    }()
}
