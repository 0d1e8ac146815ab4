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

    /// Judges the signatures of a package, as far as they are known by now.
    func judge(
        signature: [UInt8]?, over checksums: [UInt8], kind: String, request: SignaturePolicy.Request
    ) throws -> SignatureVerdict {
        let report = try SignatureVerifier.verify(
            signature: signature, over: checksums, keys: keys, kind: kind, now: .now)
        return SignatureVerdict(
            report: report, isRequired: signatures.requiresSignature(isLatched: isLatched, request: request),
            decision: signatures.decide(report, isLatched: isLatched, request: request))
    }

    /// Judges the signatures of an opened package.
    ///
    /// A package that brings no list of its own has nothing that a signature could be over.
    func judge(_ package: PackageReader, request: SignaturePolicy.Request) throws -> SignatureVerdict {
        try judge(
            signature: package.hasOwnChecksums ? package.signature : nil, over: package.checksumsBytes,
            kind: package.manifest.kind, request: request)
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
        return try DetachedSigner.merging(existing: existing, adding: new, by: Set(trusted))
    }
}

/// What the signatures of a package are worth on this host.
struct SignatureVerdict {
    let report: SignatureReport
    let isRequired: Bool
    let decision: SignatureDecision

    /// Why the package is refused; `nil` where it may pass.
    var refusal: BundleError? { if case .refuse(let error) = decision { error } else { nil } }

    var warnings: [Warning] {
        switch decision {
        case .accept(_, let warnings), .acceptByLeave(let warnings): warnings
        case .refuse: []
        }
    }

    var isTrusted: Bool { if case .accept(trusted: true, _) = decision { true } else { false } }

    var json: JSONValue { report.json(required: isRequired) }

    /// `valid, by A <a@example.org> (FINGERPRINT)`, a line for each signer.
    var text: String {
        guard !report.signers.isEmpty else { return report.status.rawValue }
        return report.signers.map { signer in
            "\(signer.status.rawValue), by \(signer.shown)\(signer.trusted ? ", trusted" : "")"
        }.joined(separator: "; ")
    }
}
