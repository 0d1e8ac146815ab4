// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore

/// What a container is, by its first bytes; its name tells nothing.
enum BundleKind {
    case tar, gzip, zstandard

    /// Bytes that tell.
    static let probeBytes = TarHeader.blockBytes

    /// Files that tell in which folder of a bundle the package is.
    static let marks = [PackageEntryName.manifest, PackageEntryName.checksums, PackageEntryName.otherChecksums]

    /// `nil` for anything else, a ZIP file for example.
    init?(_ start: [UInt8]) {
        if start.starts(with: [0x1f, 0x8b]) {
            self = .gzip
        } else if start.starts(with: [0x28, 0xb5, 0x2f, 0xfd]) {
            self = .zstandard
        } else if start.count == Self.probeBytes, !start.starts(with: [0x50, 0x4b]),
            start[TarHeader.magicOffset..<TarHeader.magicOffset + 5].elementsEqual(TarHeader.magic)
        {
            self = .tar
        } else {
            return nil
        }
    }

    /// The bytes of the tar archive inside.
    ///
    /// - Throws: `BundleError`, code `outOfMemory` or `library`.
    func content(of source: any ByteSource) throws(BundleError) -> any ByteSource {
        switch self {
        case .tar: source
        case .gzip: try GzipSource(source)
        case .zstandard: try ZstandardSource(source)
        }
    }
}

extension BundleError {
    /// A bundle that breaks a rule or that two readers would take differently.
    static func bundle(_ rule: BundleStructureRule, _ reason: String) -> BundleError {
        BundleError(
            breaking: rule, "validation failed: \(reason)",
            hint: "Ask the sender for a new copy, or unpack it with care and package it again.")
    }

    /// A bundle that ends too early.
    static func shortBundle(_ reason: String) -> BundleError {
        BundleError(
            .truncated, "validation failed: \(reason)",
            hint: "The copy is not complete; copy the bundle again.")
    }
}
