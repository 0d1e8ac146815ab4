// SPDX-License-Identifier: Apache-2.0

package import BaigoCore
package import SystemPackage

/// A file that a person wants in the package beside what is found.
package struct SourceInclusion: Sendable, Equatable {
    package let path: FilePath
    /// What it is for; `nil` to tell from its name.
    package let role: FileRole?

    /// Roles that can be asked for.
    package static let roles: [FileRole] = [
        .projector, .adapter, .tokenizer, .config, .card, .license, .runtime, .other,
    ]

    /// Makes an inclusion.
    package init(path: FilePath, role: FileRole?) {
        self.path = path
        self.role = role
    }

    /// Reads `FILE` or `FILE:ROLE`.
    ///
    /// - Throws: `BundleError`, code `invalidRequest`, where the role is none of `roles`.
    package init(parsing text: String) throws(BundleError) {
        let name = text.split(separator: "/", omittingEmptySubsequences: false).last ?? ""
        guard let colon = name.lastIndex(of: ":") else {
            self.init(path: FilePath(text), role: nil)
            return
        }
        let word = String(name[name.index(after: colon)...])
        guard let role = FileRole(rawValue: word), Self.roles.contains(role) else {
            throw BundleError(
                .invalidRequest, "\"\(word.escapedForOneLine)\" is no role for a file to include",
                hint: "Roles: \(Self.roles.map(\.rawValue).joined(separator: ", ")).")
        }
        self.init(path: FilePath(String(text.dropLast(word.count + 1))), role: role)
    }
}

/// What a person says of a model that is going to be packaged.
package struct ModelSourceOptions: Sendable {
    /// Which projector goes with the model.
    package enum Projector: Sendable, Equatable {
        /// The one in the folder, if there is one.
        case automatic
        case file(FilePath)
        case none
    }

    /// `nil` to derive it.
    package var name: PackageName?
    /// `nil` to derive it from the content.
    package var version: PackageVersion?
    /// The name for people.
    package var displayName: String?
    /// What the model was made from; empty for what the model says.
    package var baseModels: [String] = []
    package var publisher: String?
    package var repository: String?
    package var revision: String?
    package var sourceURL: String?
    /// An SPDX identifier or expression.
    package var licenseID: String?
    package var licenseFile: FilePath?
    package var projector = Projector.automatic
    package var adapters: [FilePath] = []
    package var includes: [SourceInclusion] = []
    package var createdAt: Timestamp
    /// The program and its version: `baigo 0.1.0`.
    package var createdBy: String

    /// Starts with nothing said.
    package init(createdAt: Timestamp, createdBy: String) {
        self.createdAt = createdAt
        self.createdBy = createdBy
    }

    /// Decides whether the texts can stand in a manifest.
    ///
    /// - Throws: `BundleError`, code `invalidRequest`, naming the option.
    func check() throws(BundleError) {
        let texts =
            [
                ("--publisher", publisher), ("--repository", repository), ("--revision", revision),
                ("--source-url", sourceURL), ("--license", licenseID), ("--display-name", displayName),
            ] + baseModels.map { ("--base-model", $0) }
        for (option, text) in texts {
            guard let text else { continue }
            let isShown = text.unicodeScalars.allSatisfy { !$0.isTerminalControl && !$0.isZeroWidth }
            guard !text.isEmpty, text.utf8.count <= 1024, isShown else {
                throw BundleError(
                    .invalidRequest,
                    "the value of \(option) is empty, longer than 1024 bytes or has control characters",
                    hint: "Give a plain text, or leave the option out.")
            }
        }
    }
}
