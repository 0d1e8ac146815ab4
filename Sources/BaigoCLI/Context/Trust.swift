// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import BundleKit
internal import ModelStore

/// The keys of this host and what its store demands of signatures.
struct Trust {
    private let keys: [TrustedKey]
    private let isLatched: Bool
    /// The policy files of this host and store.
    let policy: Policy
    private let signatures: SignaturePolicy

    /// Reads policy and keys of a store; a store that has no keys trusts none.
    ///
    /// - Throws: `PolicyError`, code `unreadable`; `BundleError`, code `trustUnreadable`, for a damaged ring in a store
    ///   that has had keys.
    init(_ store: ModelStore) throws {
        try store.settleTrust()
        policy = try store.policy()
        let ring = try store.keyRing()
        let isRingLatched = try ring?.isLatched() ?? false
        isLatched = isRingLatched
        keys = try ring?.list() ?? []
        let isReleased = try store.state()?.isSignatureReleased ?? false
        // Only a policy that was set with its lines in the audit log lifts what the first key brought.
        let isHeld = policy.required == .never && isRingLatched && !isReleased
        signatures = SignaturePolicy(
            requirement: isHeld ? .auto : policy.required, acceptedExpiredKeys: policy.acceptedExpiredKeys,
            acceptedOtherPurposeKeys: policy.acceptedOtherPurposeKeys)
    }

    /// Whether packages need a signature by a trusted key here.
    var requiresSignature: Bool { signatures.requiresSignature(isLatched: isLatched, request: .asTheStoreSays) }

    /// The signatures that count as those of trusted keys.
    func counting(_ report: SignatureReport) -> [SignatureReport.Signer] { report.signers.filter(signatures.counts) }

    /// The same, with those that counted when the same package came into the store.
    func counting(_ verdict: SignatureVerdict) -> [SignatureReport.Signer] {
        let counting = counting(verdict.report)
        let present = Set(counting.map(\.fingerprint))
        return counting + (verdict.recorded?.signers ?? []).filter { !present.contains($0.fingerprint) }
    }

    /// Judges the signatures of a package, as far as they are known by now.
    func judge(
        signature: [UInt8]?, over checksums: [UInt8], kind: String, request: SignaturePolicy.Request
    ) throws -> SignatureVerdict {
        try BuildClock.check()
        let report = try SignatureVerifier.verify(
            signature: signature, over: checksums, keys: keys, kind: kind, now: .now)
        return SignatureVerdict(
            report: report, isRequired: signatures.requiresSignature(isLatched: isLatched, request: request),
            decision: signatures.decide(report, isLatched: isLatched, request: request))
    }

    /// Judges the signatures of an opened package.
    ///
    /// A package that brings no list of its own has nothing that a signature could be over.
    /// Where the store holds the same package (`stored`), its receipt says what was found of its signatures then.
    func judge(
        _ package: PackageReader, request: SignaturePolicy.Request, stored: StoredPackage? = nil
    ) throws -> SignatureVerdict {
        let verdict = try judge(
            signature: package.hasOwnChecksums ? package.signature : nil, over: package.checksumsBytes,
            kind: package.manifest.kind, request: request)
        guard let stored, try counts(stored, beside: verdict.report, as: package) else { return verdict }
        return verdict.recalling(stored.receipt)
    }

    /// Whether the signatures of a stored package still count as they did when it came in.
    ///
    /// They do although a key has ended or is trusted no more since, and whatever this copy of the package lacks of
    /// them; they do not where a key is revoked, or where a signature is bad.
    private func counts(
        _ stored: StoredPackage, beside report: SignatureReport, as package: PackageReader
    ) throws -> Bool {
        let isSigned = stored.receipt.countedSigners.contains(where: \.trusted)
        guard package.hasOwnChecksums, isSigned, report.mayHaveBeenTrusted else { return false }
        let reader = try stored.reader()
        guard let signature = reader.signature else { return false }
        if signature == package.signature { return true }
        let now = try SignatureVerifier.verify(
            signature: signature, over: reader.checksumsBytes, keys: keys, kind: package.manifest.kind, now: .now)
        return now.mayHaveBeenTrusted
    }
}

extension Trust {
    /// The stored signatures together with the new trusted ones of another copy; `nil` where nothing is added.
    func merged(_ package: PackageReader, into stored: StoredPackage?, _ verdict: PackageVerdict) throws -> [UInt8]? {
        guard let stored, let report = verdict.signature?.report, verdict.isTrusted, let new = package.signature else {
            return nil
        }
        guard let existing = try stored.reader().signature else { return new }
        let trusted = report.signers.filter(\.trusted).compactMap(\.signingKey)
        guard !trusted.isEmpty || verdict.signature?.recorded == nil else { return nil }
        return try DetachedSigner.merging(existing: existing, adding: new, by: Set(trusted))
    }
}

/// What the signatures of a package are worth on this host.
struct SignatureVerdict {
    let report: SignatureReport
    let isRequired: Bool
    let decision: SignatureDecision
    /// What was found when the same package came into the store, where that counts.
    var recorded: Recorded?

    /// A verdict that a receipt holds.
    struct Recorded {
        let importedAt: Timestamp
        /// The signatures that counted.
        let signers: [SignatureReport.Signer]
    }

    /// Why the package is refused; `nil` where it may pass.
    var refusal: BundleError? { if case .refuse(let error) = decision { error } else { nil } }

    var warnings: [Warning] {
        switch decision {
        case .accept(_, let warnings), .acceptByLeave(let warnings): warnings
        case .refuse: []
        }
    }

    var isTrusted: Bool { if case .accept(trusted: true, _) = decision { true } else { false } }

    var json: JSONValue {
        guard let recorded, var members = report.json(required: isRequired).object else {
            return report.json(required: isRequired)
        }
        members["recorded"] = .string(recorded.importedAt.description)
        return .object(members)
    }

    /// The verdict with what a receipt says of the same package, by which it passes.
    fileprivate func recalling(_ receipt: Receipt) -> SignatureVerdict {
        var warnings: [Warning] = []
        if case .accept(trusted: true, let found) = decision {
            warnings = found
        } else {
            warnings.append(
                Warning(
                    identifier: "signature.recorded",
                    message: "the signature is \(report.status.rawValue) now; it counts as it was found when the same "
                        + "package was imported at \(receipt.importedAt)"))
        }
        return SignatureVerdict(
            report: report, isRequired: isRequired, decision: .accept(trusted: true, warnings: warnings),
            recorded: Recorded(importedAt: receipt.importedAt, signers: receipt.countedSigners.filter(\.trusted)))
    }

    /// `valid, by A <a@example.org> (FINGERPRINT)`, a line for each signer.
    var text: String {
        guard !report.signers.isEmpty else { return report.status.rawValue }
        return report.signers.map { signer in
            "\(signer.status.rawValue), by \(signer.shown)\(signer.trusted ? ", trusted" : "")"
        }.joined(separator: "; ")
    }
}
