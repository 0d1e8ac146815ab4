// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import BundleKit
internal import Glibc

/// The policy file of one folder, read so that nobody but its owner or root can have a say in it.
struct PolicyFile {
    static let name = "policy.toml"
    let folder: Folder
    let place: Policy.Place

    /// Reads the file; `nil` where there is none.
    ///
    /// - Throws: `PolicyError`, code `unreadable`: a link, too large, writable by others, owned by somebody else, or not
    ///   a policy.
    func part() throws -> Policy.Part? {
        let path = folder.path(of: Self.name)
        let found: [UInt8]?
        do throws(FileError) {
            found = try bytes()
        } catch {
            throw Self.unreadable(path, error)
        }
        return try found.map { try Policy.Part(place, path: path, reading: $0) }
    }

    /// The content of the file; `nil` where there is none.
    ///
    /// - Throws: `FileError`.
    func bytes() throws(FileError) -> [UInt8]? {
        guard let status = try folder.status(of: Self.name) else { return nil }
        let shown = folder.path(of: Self.name).escapedForTerminal
        guard status.kind == .regular else {
            throw FileError(
                .unsafeOwnership, "\(shown) is a link or no regular file", hint: "Put the file itself there.")
        }
        let file = try folder.file(reading: Self.name)
        try check(try file.status(), shown)
        let bytes = try file.bytes(at: 0, count: PolicyDocument.byteLimit + 1)
        guard bytes.count <= PolicyDocument.byteLimit else {
            throw FileError(.wrongType, "\(shown) is larger than \(ByteCount(PolicyDocument.byteLimit))")
        }
        return bytes
    }

    private func check(_ status: FileStatus, _ shown: String) throws(FileError) {
        guard status.mode & 0o022 == 0 else {
            throw FileError(
                .unsafeOwnership, "other users may write to \(shown)", hint: "Run chmod go-w on it, and look who did.")
        }
        let owners = [0, geteuid(), try folder.status().owner]
        guard owners.contains(status.owner) else {
            throw FileError(
                .unsafeOwnership, "\(shown) belongs to user \(status.owner)",
                hint: "Look who put it there; the owner of the folder or root has to own it.")
        }
    }

    static func unreadable(_ path: String, _ error: FileError) -> PolicyError {
        PolicyError(
            .unreadable, "the policy \(path.escapedForOneLine) cannot be used: \(error.message)", hint: error.hint,
            cause: error)
    }
}
