// SPDX-License-Identifier: Apache-2.0

package import BaigoCore

/// What a file of a package is for.
package enum FileRole: String, Sendable, CaseIterable {
    case weights, projector, adapter, tokenizer, config, card, license, metadata, prompt, suite, index, runtime, other
}

/// One line of a manifest's `files`.
package struct ManifestFile: Sendable, Equatable {
    /// The entry's name: `model/x.gguf`.
    package let path: String
    /// What it is for; `other` where the manifest has a role that this version does not know.
    package let role: FileRole
    package let sha256: SHA256Digest
    /// Bytes.
    package let size: Int64
    /// The role as the manifest spells it.
    package let roleName: String

    /// Makes a line with a role of this version.
    package init(path: String, role: FileRole, sha256: SHA256Digest, size: Int64) {
        self.init(path: path, roleName: role.rawValue, sha256: sha256, size: size)
    }

    /// Makes a line with the role as it is spelled.
    package init(path: String, roleName: String, sha256: SHA256Digest, size: Int64) {
        self.path = path
        self.role = FileRole(rawValue: roleName) ?? .other
        self.roleName = roleName
        self.sha256 = sha256
        self.size = size
    }

    var json: JSONValue {
        ["path": .string(path), "role": .string(roleName), "sha256": .string(sha256.hex), "size": .integer(size)]
    }
}
