// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import Foundation

/// The rules for names of entries, the same for every container and manifest.
///
/// A name is a relative path with `/` between its parts that every file system baigo meets can hold and that every
/// reader shows alike.
package enum EntryName {
    /// Bytes of a whole name at the most.
    package static let maximumBytes = 1024
    /// Bytes of one part at the most.
    package static let maximumPartBytes = 255

    /// Checks the raw bytes of a name.
    ///
    /// - Parameters:
    ///   - bytes: The name as the container has it, without the `/` that ends a directory entry's.
    ///   - markedUTF8: Whether the container says that the name is UTF-8 (flag bit 11 of ZIP).
    /// - Returns: The name.
    /// - Throws: `BundleError`, code `unsafeEntryName`, with the rule that is broken.
    package static func validate(_ bytes: [UInt8], markedUTF8: Bool = true) throws(BundleError) -> String {
        guard let name = String(validating: bytes, as: UTF8.self) else {
            throw refusal(.notUTF8, String(decoding: bytes, as: UTF8.self), "is not UTF-8")
        }
        guard markedUTF8 || bytes.allSatisfy({ $0 < 0x80 }) else {
            throw refusal(.unmarkedUTF8, name, "is not ASCII and not marked as UTF-8")
        }
        if let fault = fault(in: name) { throw refusal(fault.rule, name, fault.reason) }
        return name
    }

    /// A key under which two names that some file system takes for one are equal.
    ///
    /// Strings compare by canonical equivalence, so the key covers Unicode normalization beside case.
    package static func folded(_ name: String) -> String {
        if name.utf8.allSatisfy({ $0 < 0x80 }) { return name.lowercased() }
        // Small first: the capital sharp s is its own capital.
        return name.lowercased().uppercased().lowercased()
    }

    /// The parts of a path that was checked, as bytes have it: a combining mark behind a `/` does not hide that.
    package static func parts(of path: String) -> [String] {
        path.utf8.split(separator: UInt8(ascii: "/")).map { String(decoding: $0, as: UTF8.self) }
    }

    private typealias Fault = (rule: NameRule, reason: String)

    private static func refusal(_ rule: NameRule, _ name: String, _ reason: String) -> BundleError {
        BundleError(
            breaking: rule, "validation failed: the entry name \"\(name.excerptForOneLine)\" \(reason)",
            hint: "Rename the file and make the package again.")
    }

    private static func fault(in name: String) -> Fault? {
        if name.isEmpty { return (.empty, "is empty") }
        if name.utf8.count > maximumBytes { return (.tooLong, "is longer than \(maximumBytes) bytes") }
        for scalar in name.unicodeScalars {
            if scalar.isTerminalControl { return (.control, "has a control or bidirectional character") }
            if scalar.isZeroWidth { return (.zeroWidth, "has a zero-width character") }
            if scalar == "\\" { return (.backslash, "has a backslash") }
            if ":*?\"<>|".unicodeScalars.contains(scalar) {
                return (.reservedCharacter, "has the character \(scalar)")
            }
        }
        if let fault = shapeFault(in: name) { return fault }
        // By scalars: a combining mark behind a slash makes one Character with it, and the slash would go unseen.
        for part in name.unicodeScalars.split(separator: "/", omittingEmptySubsequences: false) {
            if let fault = fault(inPart: Substring(part)) { return fault }
        }
        return nil
    }

    /// What readers that look at characters and not at bytes would see another name in.
    private static func shapeFault(in name: String) -> Fault? {
        guard !name.utf8.allSatisfy({ $0 < 0x80 }) else { return nil }
        guard name.precomposedStringWithCanonicalMapping.utf8.elementsEqual(name.utf8) else {
            return (.normalization, "is not in Unicode's normalization form C")
        }
        let framed = "/" + name + "/"
        guard framed.count(where: { $0 == "/" }) == framed.utf8.count(where: { $0 == UInt8(ascii: "/") }) else {
            return (.joinedSlash, "has a part whose first or last mark joins the / beside it")
        }
        return nil
    }

    private static func fault(inPart part: Substring) -> Fault? {
        guard let first = part.unicodeScalars.first, let last = part.unicodeScalars.last else {
            return (.emptyPart, "is absolute or has an empty part")
        }
        if part == "." || part == ".." { return (.dotPart, "has the part \"\(part)\"") }
        if part.utf8.count > maximumPartBytes {
            return (.longPart, "has a part longer than \(maximumPartBytes) bytes")
        }
        if first.properties.isWhitespace { return (.leadingBlank, "has a part that starts with a blank") }
        if first == "-" { return (.leadingDash, "has a part that starts with -") }
        if last == "." || last.properties.isWhitespace {
            return (.trailingDotOrBlank, "has a part that ends with a dot or a blank")
        }
        if isDeviceName(part) { return (.deviceName, "has a part that is a device name on Windows") }
        return nil
    }

    /// Source: Microsoft, "Naming Files, Paths, and Namespaces".
    private static func isDeviceName(_ part: Substring) -> Bool {
        var stem = String(part.unicodeScalars.prefix { $0 != "." }).uppercased()
        while stem.last == " " { stem.removeLast() }
        if ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$", "CLOCK$"].contains(stem) { return true }
        guard stem.count == 4, stem.hasPrefix("COM") || stem.hasPrefix("LPT"), let digit = stem.last else {
            return false
        }
        return "0123456789¹²³".contains(digit)
    }
}
