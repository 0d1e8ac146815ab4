// SPDX-License-Identifier: Apache-2.0

/// A container that baigo writes a package in.
package enum PackageFormat: String, Sendable, CaseIterable {
    case baimodel
    case tar
    case tarGzip = "tar.gz"
    case tarZstandard = "tar.zst"
    case folder

    /// The container that the name of a target asks for; `nil` where it does not say.
    package init?(path: String) {
        let path = path.lowercased()
        if path.hasSuffix("/") {
            self = .folder
        } else if path.hasSuffix(".tgz") {
            self = .tarGzip
        } else if let format = Self.allCases.first(where: { $0 != .folder && path.hasSuffix("." + $0.rawValue) }) {
            self = format
        } else {
            return nil
        }
    }
}
