// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore

/// Signatures, limits and markers of the ZIP format.
///
/// Source: ZIP APPNOTE 6.3.10, section 4.3.
enum ZipFormat {
    static let localSignature: UInt32 = 0x0403_4b50
    static let centralSignature: UInt32 = 0x0201_4b50
    static let endSignature: UInt32 = 0x0605_4b50
    static let end64Signature: UInt32 = 0x0606_4b50
    static let locatorSignature: UInt32 = 0x0706_4b50
    static let descriptorSignature: UInt32 = 0x0807_4b50

    /// Bytes of the fixed parts.
    static let localBytes = 30
    static let centralBytes = 46
    static let endBytes = 22
    static let end64Bytes = 56
    static let locatorBytes = 20

    /// Values that say: see the ZIP64 field.
    static let marker16: UInt16 = .max
    static let marker32: UInt32 = .max

    static let maximumEntries = 65_536
    static let maximumComment = 65_535
    /// Bytes of a central directory that are read at the most.
    static let maximumDirectoryBytes = 32 << 20

    static let descriptorFlag: UInt16 = 1 << 3
    static let utf8Flag: UInt16 = 1 << 11
    static let encryptionFlags: UInt16 = 1 << 0 | 1 << 6 | 1 << 13
    /// Version 4.5, the one that ZIP64 asks for; nothing that a stored entry uses asks for more.
    static let zip64Version: UInt16 = 45
    /// Unix, version 6.3 of the format.
    static let madeBy: UInt16 = 0x033f
    static let hostFAT: UInt8 = 0
    static let hostUnix: UInt8 = 3
}

extension BundleError {
    /// An archive that breaks a rule of the format or that two readers would take differently.
    static func structure(_ rule: StructureRule, _ reason: String) -> BundleError {
        BundleError(
            breaking: rule, "validation failed: \(reason)",
            hint: "Ask the sender for a new copy, or unpack it with care and package it again.")
    }

    /// An archive that ends too early.
    static func truncated(_ reason: String) -> BundleError {
        BundleError(
            .truncated, "validation failed: \(reason)",
            hint: "The copy is not complete; copy the package again.")
    }
}
