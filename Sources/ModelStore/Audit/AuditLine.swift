// SPDX-License-Identifier: Apache-2.0

package import BaigoCore

/// A place in the audit log: the number of a line and the digest of its bytes, LF included.
package struct AuditHead: Sendable, Hashable, CustomStringConvertible {
    /// Counts from 1; 0 before the first line.
    package let sequence: Int64
    package let digest: SHA256Digest

    /// Makes a head.
    package init(sequence: Int64, digest: SHA256Digest) {
        self.sequence = sequence
        self.digest = digest
    }

    /// Reads `SEQ:HASH`; `nil` for anything else.
    package init?(_ text: String) {
        let parts = text.split(separator: ":", maxSplits: 1)
        guard parts.count == 2, let sequence = Int64(parts[0]), sequence >= 0,
            let digest = SHA256Digest(hex: parts[1])
        else { return nil }
        self.init(sequence: sequence, digest: digest)
    }

    /// `SEQ:HASH`.
    package var description: String { "\(sequence):\(digest.hex)" }

    /// The head as receipts and reports hold it.
    package var json: JSONValue { ["sequence": .integer(sequence), "sha256": .string(digest.hex)] }
}

/// What an audit line is about.
package struct AuditEvent: Sendable, Equatable {
    /// What is done, `import` or `trust.add` for example.
    package let operation: String
    /// The model, as a reference.
    package let model: String?
    package let identity: SHA256Digest?
    package let details: [String: JSONValue]

    /// Makes an event.
    package init(
        _ operation: String, model: String? = nil, identity: SHA256Digest? = nil, details: [String: JSONValue] = [:]
    ) {
        self.operation = operation
        self.model = model
        self.identity = identity
        self.details = details
    }
}

/// One line of `audit.jsonl`.
package struct AuditLine: Sendable, Equatable {
    /// What a line says of an operation.
    package enum Kind: String, Sendable, CaseIterable {
        /// It is about to be committed.
        case intent
        /// It ended, as `result` says.
        case outcome
        /// A writer died while it wrote; the bytes it left are named by their digests.
        case recovery
    }

    /// How an operation ended.
    package enum Result: String, Sendable, CaseIterable {
        case done
        /// Nothing had to be done.
        case present
        /// A rule or the content stood against it.
        case refused
        /// The environment stood against it.
        case failed
        /// It was cut short, and finished by a later command.
        case recovered
        /// It was cut short, and undone by a later command.
        case undone
        /// It was cut short; what it left is not known to this version.
        case interrupted
    }

    package let sequence: Int64
    package let time: Timestamp
    package let kind: Kind
    package let event: AuditEvent
    /// Only of an outcome.
    package let result: Result?
    /// The identifier of the error, where there was one.
    package let error: String?
    /// The sequence number of the intent that an outcome ends.
    package let intent: Int64?
    /// User and host.
    package let by: String
    /// The program and its version.
    package let program: String
    /// The digest of the line before, LF included; of no bytes for the first line.
    package let previous: SHA256Digest

    /// The largest number that a line may have: far beyond any log, and still a number that has a next one.
    static let maximumSequence: Int64 = 1 << 53

    /// The line with its LF.
    package var bytes: [UInt8] { json.compactBytes + [0x0A] }

    /// The line's members.
    package var json: JSONValue {
        var members: [String: JSONValue] = [
            "by": .string(by), "kind": .string(kind.rawValue), "operation": .string(event.operation),
            "previous": .string(previous.hex), "program": .string(program), "sequence": .integer(sequence),
            "time": .string(time.description),
        ]
        if !event.details.isEmpty { members["details"] = .object(event.details) }
        members["error"] = error.map(JSONValue.string)
        members["identity"] = event.identity.map { .string($0.description) }
        members["intent"] = intent.map(JSONValue.integer)
        members["model"] = event.model.map(JSONValue.string)
        members["result"] = result.map { .string($0.rawValue) }
        return .object(members)
    }
}

extension AuditLine {
    /// The operation that says that the line before was written by a clock that was ahead.
    static let clockReset = "audit.reset-clock"
    /// The member of `details` that a line has which is earlier than the one before: that one's time.
    static let clockBack = "clockBack"

    /// Reads a line without its LF; `nil` for anything that baigo would not write.
    package init?(reading bytes: some Collection<UInt8>) {
        let json: JSONValue
        do { json = try JSONValue(strict: Array(bytes)) } catch { return nil }
        guard let sequence = json["sequence"]?.integer, sequence > 0,
            let time = json["time"]?.string.flatMap({ Timestamp($0) }),
            let kind = json["kind"]?.string.flatMap({ Kind(rawValue: $0) }),
            let operation = json["operation"]?.string, let by = json["by"]?.string,
            let program = json["program"]?.string,
            let previous = json["previous"]?.string.flatMap({ SHA256Digest(hex: $0) })
        else { return nil }
        self.sequence = sequence
        self.time = time
        self.kind = kind
        self.by = by
        self.program = program
        self.previous = previous
        event = AuditEvent(
            operation, model: json["model"]?.string,
            identity: json["identity"]?.string.flatMap { SHA256Digest(shown: $0) },
            details: json["details"]?.object ?? [:])
        result = json["result"]?.string.flatMap { Result(rawValue: $0) }
        error = json["error"]?.string
        intent = json["intent"]?.integer
    }
}

extension SHA256Digest {
    /// Reads `sha256:` and 64 digits; `nil` for anything else.
    package init?(shown text: String) {
        guard text.hasPrefix("sha256:") else { return nil }
        self.init(hex: text.dropFirst(7))
    }
}
