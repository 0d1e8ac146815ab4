// SPDX-License-Identifier: Apache-2.0

package import BaigoCore

/// How a file of the store compares with what it should hold.
package enum ContentStatus: Sendable, Equatable {
    case ok
    case missing
    /// It has another number of bytes, and was not read.
    case size(actual: Int64)
    case digest(actual: SHA256Digest)
    /// It cannot be read, or is no regular file.
    case unreadable(reason: String)
    /// It belongs to no package.
    case extra

    /// Whether its bytes were read, or counted, and are not those that belong there.
    var isWrong: Bool {
        switch self {
        case .size, .digest: true
        case .ok, .missing, .unreadable, .extra: false
        }
    }

    /// The word for JSON and reports.
    package var name: String {
        switch self {
        case .ok: "ok"
        case .missing: "missing"
        case .size: "size"
        case .digest: "digest"
        case .unreadable: "unreadable"
        case .extra: "extra"
        }
    }

    /// What was found, for a person; `nil` where the word says it all.
    package var reason: String? {
        switch self {
        case .ok, .missing, .extra: nil
        case .size(let actual): "has \(actual) bytes"
        case .digest(let actual): "has SHA-256 \(actual.hex)"
        case .unreadable(let reason): reason
        }
    }
}
