// SPDX-License-Identifier: Apache-2.0

/// One licence of an expression: an identifier, perhaps any later version of it, perhaps with an exception.
///
/// Source: SPDX specification 2.3, annex D.
package struct LicenseTerm: Sendable, Hashable, CustomStringConvertible {
    private static let versionedFamilies = ["gpl-", "lgpl-", "agpl-", "gfdl-"]
    /// As it was written.
    package let description: String
    /// Lower case, without `+` and the endings of the GNU licences that say the same.
    let base: String
    let isOrLater: Bool
    /// Lower case.
    let exception: String?

    /// Takes parts that were read already.
    init(_ identifier: String, hasPlus: Bool, exception: String?) {
        description = identifier + (hasPlus ? "+" : "") + (exception.map { " WITH " + $0 } ?? "")
        var base = identifier.lowercased()
        var isOrLater = hasPlus
        if Self.versionedFamilies.contains(where: base.hasPrefix) {
            if base.hasSuffix("-or-later") {
                base.removeLast("-or-later".utf8.count)
                isOrLater = true
            } else if base.hasSuffix("-only") {
                base.removeLast("-only".utf8.count)
            }
        }
        self.base = base
        self.isOrLater = isOrLater
        self.exception = exception?.lowercased()
    }

    package static func == (left: LicenseTerm, right: LicenseTerm) -> Bool {
        left.base == right.base && left.isOrLater == right.isOrLater && left.exception == right.exception
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(base)
        hasher.combine(isOrLater)
        hasher.combine(exception)
    }

    /// Whether this entry of a list of allowed licences covers a licence: it itself, with more permissions, or with a
    /// choice of later versions.
    func allows(_ other: LicenseTerm) -> Bool {
        base == other.base && (!isOrLater || other.isOrLater) && (exception == nil || exception == other.exception)
    }

    /// Whether this entry of a list of denied licences covers a licence: it itself, with any exception, or as a part
    /// of a choice of versions.
    func denies(_ other: LicenseTerm) -> Bool { allows(other) }
}
