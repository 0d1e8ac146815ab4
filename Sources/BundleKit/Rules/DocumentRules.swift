// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore

/// The rules for `manifest.json`.
package enum ManifestRule: String, BundleRule {
    package static let code = BundleError.Code.manifest

    /// At most 16 MiB.
    case tooLarge = "too-large"

    // Strict JSON
    /// One value of right syntax.
    case syntax = "json-syntax"
    /// Nothing behind the value.
    case trailing = "json-trailing"
    /// UTF-8 without a mark, no lone surrogates, no control characters in strings.
    case text = "json-text"
    /// No key twice.
    case duplicateKey = "json-duplicate-key"
    /// Nested no deeper than 64.
    case depth = "json-depth"
    /// Integers of 64 bits, finite numbers.
    case number = "json-number"
    /// At most 524,288 values.
    case values = "json-values"

    // Members
    /// The value is an object.
    case notAnObject = "not-an-object"
    /// `schemaVersion` is an integer.
    case schemaVersion = "schema-version"
    /// `critical` is an array of texts.
    case critical
    /// What has to be a text is one.
    case memberText = "text"
    /// What has to be a count is an integer from 0 up.
    case count
    /// What has to be an object is one.
    case object
    /// `name` is a model name.
    case name
    /// `version` is a version.
    case versionName = "version"
    /// `license.file` is listed.
    case licenseFile = "license-file"
    /// The sizes of all files add up to `totalSize`.
    case totalSize = "total-size"
    /// All files together have at most 2^60 bytes.
    case sizeOverflow = "size-overflow"
    /// Files with one digest have one size.
    case digestSize = "digest-size"

    // Files
    /// `files` is an array.
    case files
    /// Each file has a path.
    case path
    /// No list and no signature is a file.
    case unlistable
    /// No path twice, in this or other case.
    case duplicatePath = "duplicate-path"
    /// Each file has a role.
    case role
    /// Each file has a SHA-256 of 64 lower-case digits.
    case digest
    /// Each file has a size from 0 up.
    case size

    /// The rule of strict JSON that was broken.
    init(_ rule: JSONError.Rule) {
        self =
            switch rule {
            case .syntax: .syntax
            case .trailing: .trailing
            case .text: .text
            case .duplicateKey: .duplicateKey
            case .depth: .depth
            case .number: .number
            case .values: .values
            }
    }
}

/// What a reader of another version may read.
package enum UnsupportedRule: String, BundleRule {
    package static let code = BundleError.Code.unsupported

    /// The manifest's schema is 1.
    case schema
    /// The package holds a model.
    case kind
    /// Every key in `critical` is known.
    case criticalKey = "critical-key"
    /// GGUF versions 2 and 3.
    case ggufVersion = "gguf-version"
    /// GGUF in little-endian order.
    case byteOrder = "byte-order"
}

/// The rules for `checksums.txt`.
package enum ChecksumRule: String, BundleRule {
    package static let code = BundleError.Code.checksums

    /// At most 16 MiB.
    case tooLarge = "too-large"
    /// At least one line.
    case empty
    /// A line feed at the end.
    case unendedLine = "unended-line"
    /// Each line is 64 lower-case digits, two spaces or a space and `*`, a path.
    case malformedLine = "malformed-line"
    /// No path twice.
    case duplicateLine = "duplicate-line"
    /// Neither the list itself nor a signature is listed.
    case unlistable
    /// A package that is to be signed has a list.
    case missing
    /// Not both `checksums.txt` and `SHA256SUMS`.
    case twoLists = "two-lists"
}
