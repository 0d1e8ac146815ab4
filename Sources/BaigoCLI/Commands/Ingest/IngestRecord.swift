// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import BundleKit
internal import ModelStore
internal import SystemPackage

/// What became of one file.
struct IngestRecord {
    /// What became of it, in a word.
    enum Status: String {
        case imported, present
        case signaturesAdded = "signatures-added"
        /// The package stands against it.
        case refused
        /// This host stands against it.
        case failed
        /// It is good, and was left out because of another one.
        case held
        /// It was imported and removed again because of another one.
        case rolledBack = "rolled-back"
    }

    let item: IngestItem
    let startedAt = Timestamp.now
    private let clock = ContinuousClock.now
    var status = Status.held
    private(set) var error: (any PresentableError)?
    private(set) var version: StoredVersion?
    private(set) var audit: AuditHead?
    /// What was active before, for going back.
    var previous: StoredVersion?
    /// Where a copy of a refused file is.
    var quarantined: String?
    var warnings: [Warning] = []
    private var package: PackageReader?
    private var verdict: PackageVerdict?
    private var seconds = 0.0

    init(_ item: IngestItem) {
        self.item = item
    }

    /// Whether its content is in the store now.
    var isIn: Bool { [.imported, .present, .signaturesAdded].contains(status) }

    mutating func note(_ package: PackageReader, _ verdict: PackageVerdict) {
        self.package = package
        self.verdict = verdict
    }

    /// Lets go of the open package, but for what the report says of it.
    mutating func end(_ result: ImportResult) {
        status =
            switch result.outcome {
            case .imported: .imported
            case .present: .present
            case .signaturesAdded: .signaturesAdded
            }
        version = result.package.version
        audit = result.audit
        warnings += result.warnings
        close()
    }

    mutating func end(_ error: any PresentableError) {
        status = error.isRefusal ? .refused : .failed
        self.error = error
        close()
    }

    /// What the report says of the package, once it is closed.
    private var described: [String: JSONValue] = [:]
    private var bytes: Int64?

    mutating func close() {
        seconds = (ContinuousClock.now - clock) / .seconds(1)
        guard let package else { return }
        bytes = package.size.bytes
        described = [
            "name": .string(package.manifest.name.description),
            "version": .string(package.manifest.version.description),
            "identity": .string(package.identity.description), "content": .string(package.content.description),
            "signature": verdict?.signature?.json ?? .null, "trusted": .bool(verdict?.isTrusted ?? false),
            "policy": verdict?.policy.json ?? .null,
        ]
        self.package = nil
        verdict = nil
    }

    var json: JSONValue {
        var json = described
        json["file"] = .string(item.origin)
        json["status"] = .string(status.rawValue)
        json["startedAt"] = .string(startedAt.description)
        json["milliseconds"] = .integer(Int64(seconds * 1000))
        json["bytes"] = .number(bytes)
        json["bytesPerSecond"] = .number(bytes.flatMap { seconds > 0 ? Int64(Double($0) / seconds) : nil })
        json["reference"] = .text(version?.exactReference.description)
        json["audit"] = audit?.json ?? .null
        json["quarantined"] = .text(quarantined)
        json["warnings"] = warnings.json
        json["error"] = error?.json ?? .null
        return .object(json)
    }

    /// One line for a person.
    var line: String {
        let what = version?.exactReference.description ?? error?.message ?? ""
        let signature = version.map { $0.isTrusted ? ", trusted" : ", \($0.signatureStatus)" } ?? ""
        return "\(item.path.string): \(status.rawValue)\(what.isEmpty ? "" : ": ")\(what)\(signature)".escapedForOneLine
    }
}

extension PresentableError {
    /// The error as reports hold it.
    var json: JSONValue {
        [
            "identifier": .string(identifier), "message": .string(message), "hint": .text(hint),
            "exitStatus": .integer(Int64(exitStatus.rawValue)),
        ]
    }
}
