// SPDX-License-Identifier: Apache-2.0

package import BaigoCore
package import BundleKit

/// One line of a model's history: which version became the active one, and how.
package struct ActivationEntry: Sendable, Equatable {
    /// How a version became the active one.
    package enum Action: String, Sendable {
        /// By an import, or by name.
        case activate
        /// By going back to what was active before.
        case rollback
    }

    package let action: Action
    package let version: PackageVersion
    package let identity: SHA256Digest
    package let at: Timestamp
    /// The user and the host.
    package let by: String

    /// The name of the version's folder.
    var folderName: String { StoreLayout.folderName(version, identity) }

    /// Reads a line; `nil` for one that says something else.
    init?(_ line: JSONValue) {
        guard let action = line["action"]?.string.flatMap(Action.init),
            let version = line["version"]?.string.flatMap({ try? PackageVersion(validating: $0) }),
            let identity = line["identity"]?.string.flatMap({ SHA256Digest(shown: $0) }),
            let at = line["at"]?.string.flatMap({ Timestamp($0) })
        else { return nil }
        self.action = action
        self.version = version
        self.identity = identity
        self.at = at
        by = line["by"]?.string ?? ""
    }

    /// The line as results show it.
    package var json: JSONValue {
        [
            "action": .string(action.rawValue), "version": .string(version.description),
            "identity": .string(identity.description), "at": .string(at.description), "by": .string(by),
        ]
    }
}

/// The order in which versions were active, without the steps that were taken back.
struct ActivationTrail {
    /// The oldest first; the last one is the active one, as far as the history knows.
    private(set) var entries: [ActivationEntry] = []

    /// Replays a history.
    init(_ history: [ActivationEntry]) {
        for entry in history {
            switch entry.action {
            case .activate: entries.append(entry)
            case .rollback:
                guard let index = entries.lastIndex(where: { $0.folderName == entry.folderName }) else { continue }
                entries.removeSubrange((index + 1)...)
            }
        }
    }

    /// What was active before a version, the latest first.
    func before(_ active: String?) -> [ActivationEntry] {
        let end = entries.lastIndex { $0.folderName == active } ?? entries.endIndex
        return entries[..<end].reversed()
    }
}
