// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import BundleKit
internal import ModelStore
internal import SystemPackage

/// What became of one file.
struct IngestRecord {
    /// What became of it, in a word.
    enum Status: String, CaseIterable {
        case imported, present
        case signaturesAdded = "signatures-added"
        /// The package stands against it.
        case refused
        /// This host stands against it.
        case failed
        /// It is no package, and nothing that could be one.
        case skipped
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
    /// The file as it was opened.
    var opened: FileStatus?
    /// Whether the file was taken away from where it was.
    private(set) var isTakenAway = false
    private var package: PackageReader?
    private var verdict: PackageVerdict?
    private var seconds = 0.0

    init(_ item: IngestItem) {
        self.item = item
    }

    /// Whether its content is in the store now.
    var isIn: Bool { [.imported, .present, .signaturesAdded].contains(status) }
    /// Whether nothing is left to be done with it.
    var isSettled: Bool { isIn || status == .skipped }

    /// Removes the file, where the store holds its content now or a copy is in quarantine.
    ///
    /// A file that cannot be removed is a warning: what counts is done.
    mutating func takeAway() {
        guard let opened, isIn || quarantined != nil, !isTakenAway else { return }
        do throws(FileError) {
            isTakenAway = try item.remove(as: opened)
            guard !isTakenAway else { return }
            warnings.append(
                Warning(identifier: "ingest.not-removed", message: "\(item.origin) changed meanwhile and stays"))
        } catch {
            warnings.append(Warning(identifier: "ingest.not-removed", message: error.message))
        }
    }

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

    /// Leaves the file alone.
    mutating func skip() {
        status = .skipped
        close()
    }

    mutating func end(_ error: any PresentableError) {
        status = error.isRefusal && !isOfTheStore(error) ? .refused : .failed
        self.error = error
        close()
    }

    /// Whether the store stands against the package, with a status that packages get too.
    private func isOfTheStore(_ error: any PresentableError) -> Bool {
        switch error {
        case let error as StoreError: ![.alreadyExists, .nameConflict].contains(error.code)
        // The package could be opened, so that this is a file or folder of the store.
        case let error as FileError: opened != nil && error.code == .wrongType
        default: false
        }
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
        json["removed"] = .bool(isTakenAway)
        json["warnings"] = warnings.json
        json["error"] = error?.json ?? .null
        return .object(json)
    }

    /// More lines for a person: what the package is, and what reading it took.
    var details: String {
        var card = TextCard()
        let signers = (described["signature"]?["signers"]?.array ?? []).compactMap { signer in
            signer["fingerprint"]?.string.map { "\(signer["status"]?.string ?? ""), by \($0)" }
        }
        card.add("identity", described["identity"]?.string)
        card.add(
            "signature", signers.isEmpty ? described["signature"]?["status"]?.string : signers.joined(separator: "; "))
        card.add("policy", described["policy"]?["verdict"]?.string)
        card.add("begun", startedAt.description)
        if let bytes {
            let rate = seconds > 0 ? ", \(ByteCount(Int64(Double(bytes) / seconds)))/s" : ""
            card.add("read", "\(ByteCount(bytes)) in \(Int64(seconds * 1000)) ms\(rate)")
        }
        card.add("error", error.map { "\($0.identifier) (status \($0.exitStatus.rawValue))" })
        card.add("put aside", quarantined)
        card.add("removed", isTakenAway ? "yes" : nil)
        return card.text.split(separator: "\n").map { "  \($0)\n" }.joined()
    }

    /// One line for a person.
    var line: String {
        let reason = status == .skipped ? "metadata of macOS (AppleDouble), no package" : error?.message
        let what = version?.exactReference.description ?? reason ?? ""
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
