// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import SystemPackage

/// The sign that a store leaves where it was: `moved.json`.
///
/// Without it a command that still names the old home would begin a new store there, which trusts and demands nothing.
enum MovedStore {
    static let fileName = "moved.json"

    /// Puts up the sign.
    ///
    /// - Throws: `FileError`.
    static func publish(in root: Folder, storeID: String, to path: FilePath, at time: Timestamp) throws(FileError) {
        let json: JSONValue = [
            "at": .string(time.description), "schemaVersion": 1, "storeID": .string(storeID),
            "to": .string(path.string),
        ]
        try root.publish(json.prettyBytes, as: fileName)
    }

    /// Which store moved, and where to; `nil` where there is no sign.
    ///
    /// - Throws: `StoreError`, code `damaged`; `FileError`.
    static func read(in root: Folder) throws -> (storeID: String, path: FilePath)? {
        guard try root.status(of: fileName) != nil else { return nil }
        let json: JSONValue
        do {
            json = try JSONValue(strict: try root.bytes(of: fileName, limit: 64 << 10))
        } catch let error as JSONError {
            throw StoreError.damagedFile(root.path(of: fileName), "is not JSON: \(error.reason)", cause: error)
        }
        guard let storeID = json["storeID"]?.string, let path = json["to"]?.string else {
            throw StoreError.damagedFile(root.path(of: fileName), "has no storeID or path")
        }
        return (storeID, FilePath(path))
    }

    /// Refuses a home whose store is elsewhere now.
    ///
    /// - Throws: `StoreError`, code `moved`.
    static func refuse(in root: Folder) throws {
        guard let (_, path) = try read(in: root) else { return }
        throw StoreError(
            .moved, "the store of \(root.path.escapedForOneLine) has moved to \(path.string.escapedForOneLine)",
            hint: "Set BAIGO_HOME, or home in config.toml, to the new folder.")
    }
}
