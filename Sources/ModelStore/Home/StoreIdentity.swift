// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore

/// The content of `store.json`: which layout the store has, and which store it is.
struct StoreIdentity: Sendable, Equatable {
    static let fileName = "store.json"
    /// The layout that this version reads and writes.
    static let schemaVersion: Int64 = 1

    /// 32 hexadecimal digits, chosen at random when the store was made.
    private(set) var storeID: String
    /// The number of the store that this one is a copy of.
    private(set) var copyOf: String?
    /// Whether signatures have been required once and stay required until that is lifted.
    var isSignatureLatched: Bool
    /// Whether a policy that was set here lifted that.
    var isSignatureReleased = false
    /// Whether a policy was set here, so that its file has to be there.
    var hasPolicy = false
    /// Members that this version does not know.
    private var others: [String: JSONValue] = [:]

    /// Makes the identity of a new store.
    init() {
        var generator = SystemRandomNumberGenerator()
        storeID = (0..<16).map { _ in UInt8.random(in: .min ... .max, using: &generator) }.lowercaseHex
        isSignatureLatched = false
    }

    /// The identity of a copy of this store: a number of its own, or the one that it has already, and the same demands.
    func copy(as storeID: String?) -> StoreIdentity {
        var copy = self
        copy.storeID = storeID ?? StoreIdentity().storeID
        copy.copyOf = self.storeID
        return copy
    }

    /// Reads `store.json` of a home; `nil` where there is none.
    ///
    /// - Throws: `StoreError`: `unsupportedSchema`, `damaged`; `FileError`.
    init?(in root: Folder) throws {
        guard try root.status(of: Self.fileName) != nil else { return nil }
        let path = root.path(of: Self.fileName)
        let json: JSONValue
        do {
            json = try JSONValue(strict: try root.bytes(of: Self.fileName, limit: 64 << 10))
        } catch let error as JSONError {
            throw StoreError.damagedFile(path, "is not JSON: \(error.reason)", cause: error)
        }
        guard let schema = json["schemaVersion"]?.integer, var members = json.object else {
            throw StoreError.damagedFile(path, "has no schemaVersion")
        }
        guard schema == Self.schemaVersion else {
            throw StoreError(
                .unsupportedSchema,
                "the store in \(root.path.escapedForTerminal) has layout \(schema); this version of baigo knows layout 1",
                hint: "Use the version of baigo that made the store.")
        }
        guard let storeID = members["storeID"]?.string else { throw StoreError.damagedFile(path, "has no storeID") }
        self.storeID = storeID
        isSignatureLatched = members["signatureLatched"]?.bool ?? false
        isSignatureReleased = members["signatureReleased"]?.bool ?? false
        hasPolicy = members["policy"]?.bool ?? false
        copyOf = members["copyOf"]?.string
        for key in ["schemaVersion", "storeID", "copyOf", "signatureLatched", "signatureReleased", "policy"] {
            members[key] = nil
        }
        others = members
    }

    /// Writes `store.json`.
    ///
    /// - Throws: `FileError`.
    func publish(in root: Folder) throws(FileError) {
        var members = others
        members["schemaVersion"] = .integer(Self.schemaVersion)
        members["storeID"] = .string(storeID)
        members["copyOf"] = copyOf.map(JSONValue.string)
        if isSignatureLatched { members["signatureLatched"] = true }
        if isSignatureReleased { members["signatureReleased"] = true }
        if hasPolicy { members["policy"] = true }
        try root.publish(JSONValue.object(members).prettyBytes, as: Self.fileName)
    }
}
