// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore

/// The sign of a copy that is not finished: `copy.json`, with the store it is of.
struct CopyMark {
    static let fileName = "copy.json"

    /// The store that is copied.
    let storeID: String

    /// Puts up the sign.
    ///
    /// - Throws: `FileError`.
    func publish(in root: Folder) throws(FileError) {
        let json: JSONValue = ["copyOf": .string(storeID), "schemaVersion": 1]
        try root.publish(json.prettyBytes, as: Self.fileName)
    }

    /// Refuses a home in which a first copy was cut short.
    ///
    /// - Throws: `StoreError`, code `unfinishedCopy`.
    static func refuse(in root: Folder) throws {
        guard try CopyMark(in: root) != nil else { return }
        throw StoreError(
            .unfinishedCopy, "the copy of a store in \(root.path.escapedForOneLine) is not finished",
            hint: "Run the same baigo store command again, or remove the folder.")
    }
}

extension CopyMark {
    /// Reads the sign; `nil` where there is none.
    ///
    /// - Throws: `StoreError`, code `damaged`; `FileError`.
    init?(in root: Folder) throws {
        guard try root.status(of: Self.fileName) != nil else { return nil }
        do {
            let json = try JSONValue(strict: try root.bytes(of: Self.fileName, limit: 64 << 10))
            guard let storeID = json["copyOf"]?.string else {
                throw StoreError.damagedFile(root.path(of: Self.fileName), "does not say which store is copied")
            }
            self.storeID = storeID
        } catch let error as JSONError {
            throw StoreError.damagedFile(root.path(of: Self.fileName), "is not JSON: \(error.reason)", cause: error)
        }
    }
}
