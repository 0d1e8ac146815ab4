// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore

/// The content of `keys.json`: which keys are trusted, for what, since when, by whose decision.
struct TrustRecords: Equatable {
    /// The decision about one key.
    struct Record: Equatable {
        let fingerprint: String
        let userIDs: [String]
        let purposes: Set<KeyPurpose>
        let addedAt: Timestamp
        let addedBy: String
        /// Whether a trust bundle brought it, so that the next one may take it away.
        var isManaged = false
    }

    /// The trust bundle that was taken in last.
    struct Bundle: Equatable {
        let serial: Int64
        let identity: SHA256Digest
    }

    /// By fingerprint, in byte order.
    var records: [Record]
    /// Whether a key was ever added; it stays when keys are removed.
    var isLatched: Bool
    /// `nil` before the first trust bundle.
    var bundle: Bundle?

    /// The state before the first key.
    static let empty = TrustRecords(records: [], isLatched: false)
    private static let schemaVersion: Int64 = 1

    private init(records: [Record], isLatched: Bool) {
        self.records = records
        self.isLatched = isLatched
    }

    /// Why the file cannot be used; the phrase completes "keys.json cannot be used: …".
    struct Fault: Error {
        let reason: String
    }

    /// Reads the file.
    ///
    /// - Throws: `Fault` for anything that `bytes` would not write, unknown members of objects apart.
    init(reading bytes: [UInt8]) throws(Fault) {
        let json: JSONValue
        do throws(JSONError) {
            json = try JSONValue(strict: bytes)
        } catch {
            throw Fault(reason: "\(error.reason) at byte \(error.byteOffset)")
        }
        guard json["schemaVersion"]?.integer == Self.schemaVersion else {
            throw Fault(reason: "its schemaVersion is not \(Self.schemaVersion)")
        }
        guard let isLatched = json["latched"]?.bool, let keys = json["keys"]?.array else {
            throw Fault(reason: "latched or keys is missing")
        }
        var records: [Record] = []
        for key in keys { records.append(try Self.record(key)) }
        guard Set(records.map(\.fingerprint)).count == records.count else {
            throw Fault(reason: "it lists a key twice")
        }
        guard isLatched || records.isEmpty else { throw Fault(reason: "it lists keys but is not latched") }
        self.records = records
        self.isLatched = isLatched
        guard let last = json["bundle"], last != .null else { return }
        guard let serial = last["serial"]?.integer, let text = last["identity"]?.string, text.hasPrefix("sha256:"),
            let identity = SHA256Digest(hex: text.dropFirst(7))
        else { throw Fault(reason: "what it says of the last trust bundle is incomplete") }
        bundle = Bundle(serial: serial, identity: identity)
    }

    private static func record(_ json: JSONValue) throws(Fault) -> Record {
        guard let fingerprint = json["fingerprint"]?.string, KeySelector.fingerprint(fingerprint) == fingerprint,
            let userIDs = json["userIDs"]?.array?.map(\.string), !userIDs.contains(nil),
            let purposes = json["purposes"]?.array?.map({ $0.string.flatMap(KeyPurpose.init(rawValue:)) }),
            !purposes.contains(nil), let addedAt = json["addedAt"]?.string.flatMap(Timestamp.init),
            let addedBy = json["addedBy"]?.string
        else { throw Fault(reason: "a key's record is incomplete") }
        return Record(
            fingerprint: fingerprint, userIDs: userIDs.compactMap(\.self), purposes: Set(purposes.compactMap(\.self)),
            addedAt: addedAt, addedBy: addedBy, isManaged: json["managed"]?.bool ?? false)
    }

    /// The file as it is written.
    var bytes: [UInt8] {
        let json: JSONValue = [
            "bundle": bundle.map {
                ["identity": .string($0.identity.description), "serial": .integer($0.serial)]
            } ?? .null,
            "keys": .array(records.map(\.json)), "latched": .bool(isLatched),
            "schemaVersion": .integer(Self.schemaVersion),
        ]
        return json.prettyBytes
    }

    /// Sets or replaces the record of a key.
    mutating func put(_ record: Record) {
        records.removeAll { $0.fingerprint == record.fingerprint }
        records.append(record)
        records.sort { $0.fingerprint.utf8.lexicographicallyPrecedes($1.fingerprint.utf8) }
        isLatched = true
    }
}

extension TrustRecords.Record {
    /// Takes the decision about a key without the key.
    init(_ key: TrustedKey) {
        self.init(
            fingerprint: key.fingerprint, userIDs: key.userIDs, purposes: key.purposes, addedAt: key.addedAt,
            addedBy: key.addedBy, isManaged: key.isManaged)
    }

    /// The record as `keys.json` and `--json` show it.
    var json: JSONValue {
        [
            "addedAt": .string(addedAt.description), "addedBy": .string(addedBy),
            "fingerprint": .string(fingerprint), "managed": .bool(isManaged),
            "purposes": .array(purposes.sorted().map { .string($0.rawValue) }),
            "userIDs": .array(userIDs.map(JSONValue.string)),
        ]
    }
}
