// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import Testing

@testable import BundleKit

@Suite struct SignaturePolicyTests {
    /// What a row of the table says for one column.
    enum Outcome: Equatable, Sendable {
        case trusted
        case warned(BundleError.Code)
        case waived(BundleError.Code)
        case refused(BundleError.Code)

        init(_ decision: SignatureDecision) {
            switch decision {
            case .accept(trusted: true, _): self = .trusted
            case .accept(trusted: false, let warnings): self = .warned(Self.code(warnings))
            case .acceptByLeave(let warnings): self = .waived(Self.code(warnings))
            case .refuse(let error): self = .refused(error.code)
            }
        }

        private static func code(_ warnings: [Warning]) -> BundleError.Code {
            warnings.first.flatMap { BundleError.Code(rawValue: $0.identifier) } ?? .library
        }
    }

    /// The columns of the table with everything that leads to them.
    enum Column: CaseIterable, Sendable {
        case open, required, requiredWithLeave

        var settings: [(SignaturePolicy.Requirement, latched: Bool, SignaturePolicy.Request)] {
            switch self {
            case .open:
                [
                    (.auto, false, .asTheStoreSays), (.auto, false, .allowUnsigned), (.never, false, .asTheStoreSays),
                    (.never, true, .asTheStoreSays), (.never, false, .allowUnsigned), (.never, true, .allowUnsigned),
                ]
            case .required:
                [
                    (.auto, true, .asTheStoreSays), (.auto, false, .requireSignature), (.auto, true, .requireSignature),
                    (.always, false, .asTheStoreSays), (.always, true, .asTheStoreSays),
                    (.always, false, .requireSignature), (.always, true, .requireSignature),
                    (.always, false, .allowUnsigned), (.always, true, .allowUnsigned),
                    (.never, false, .requireSignature), (.never, true, .requireSignature),
                ]
            case .requiredWithLeave: [(.auto, true, .allowUnsigned)]
            }
        }
    }

    static func signer(
        _ status: SignatureStatus, hasPurpose: Bool = true, madeWhileValid: Bool? = nil, fingerprint: String = "AA"
    ) -> SignatureReport.Signer {
        let isKnown = status != .unknownKey
        return SignatureReport.Signer(
            fingerprint: isKnown ? fingerprint : nil, signingKey: fingerprint, userID: nil, createdAt: nil,
            keyExpires: nil, digest: "SHA512", status: status, trusted: status == .valid && hasPurpose,
            hasPurpose: isKnown && hasPurpose, madeWhileValid: madeWhileValid, reason: nil)
    }

    private func check(_ report: SignatureReport, _ outcomes: [Outcome], acceptedKeys: Set<String> = []) {
        for (column, outcome) in zip(Column.allCases, outcomes) {
            for (requirement, latched, request) in column.settings {
                let policy = SignaturePolicy(
                    requirement: requirement, acceptedExpiredKeys: acceptedKeys, acceptedOtherPurposeKeys: acceptedKeys)
                let decision = policy.decide(report, isLatched: latched, request: request)
                #expect(Outcome(decision) == outcome, "\(report.status) \(requirement) \(latched) \(request)")
            }
        }
    }

    @Test func letsUnsignedPackagesPassWhereNothingIsRequired() {
        let missing = BundleError.Code.signatureMissing
        check(SignatureReport(signers: []), [.warned(missing), .refused(missing), .waived(missing)])
        let unknown = BundleError.Code.signatureUnknownKey
        check(
            SignatureReport(signers: [Self.signer(.unknownKey)]),
            [.warned(unknown), .refused(unknown), .waived(unknown)])
    }

    @Test func wantsTrustedKeysWhereSignaturesAreRequired() {
        let expired = BundleError.Code.signatureExpiredKey
        check(
            SignatureReport(signers: [Self.signer(.expiredKey, madeWhileValid: true)]),
            [.warned(expired), .refused(expired), .refused(expired)])
        let purpose = BundleError.Code.signatureWrongPurpose
        check(
            SignatureReport(signers: [Self.signer(.valid, hasPurpose: false)]),
            [.warned(purpose), .refused(purpose), .refused(purpose)])
    }

    @Test func acceptsTrustedSignaturesEverywhere() {
        check(SignatureReport(signers: [Self.signer(.valid)]), [.trusted, .trusted, .trusted])
        check(
            SignatureReport(signers: [Self.signer(.valid, hasPurpose: false), Self.signer(.valid, fingerprint: "BB")]),
            [.trusted, .trusted, .trusted])
    }

    @Test(arguments: [
        (SignatureStatus.bad, BundleError.Code.signatureBad), (.weakDigest, .signatureWeakDigest),
        (.expiredSignature, .signatureExpired), (.revokedKey, .signatureRevokedKey),
        (.notYetValid, .signatureNotYetValid),
    ])
    func refusesEverywhere(_ status: SignatureStatus, _ code: BundleError.Code) {
        let outcomes = [Outcome](repeating: .refused(code), count: 3)
        check(SignatureReport(signers: [Self.signer(status)]), outcomes, acceptedKeys: ["AA"])
        check(SignatureReport(signers: [Self.signer(status, hasPurpose: false)]), outcomes, acceptedKeys: ["AA"])
        check(SignatureReport(signers: [Self.signer(.valid, fingerprint: "BB"), Self.signer(status)]), outcomes)
        check(SignatureReport(signers: [Self.signer(.unknownKey), Self.signer(status)]), outcomes)
    }

    @Test func refusesAMalformedFileEverywhere() {
        let fault = BundleError(.signatureMalformed, "garbage")
        check(SignatureReport(fault: fault), [Outcome](repeating: .refused(.signatureMalformed), count: 3))
    }

    @Test func takesTheWorstThatCounts() {
        let order: [SignatureStatus] = [
            .valid, .expiredKey, .notYetValid, .expiredSignature, .weakDigest, .revokedKey, .bad,
        ]
        for (index, worse) in order.enumerated() {
            for better in order[...index] {
                let both = [Self.signer(worse), Self.signer(better), Self.signer(.unknownKey)]
                #expect(SignatureReport(signers: both).status == worse)
                #expect(SignatureReport(signers: both.reversed()).status == worse)
            }
        }
        let stranger = Self.signer(.expiredKey, hasPurpose: false, fingerprint: "BB")
        #expect(SignatureReport(signers: [stranger, Self.signer(.valid)]).status == .valid)
        #expect(SignatureReport(signers: [stranger, Self.signer(.unknownKey)]).status == .expiredKey)
    }

    @Test func acceptsKeysThatThePolicyNames() {
        let expired = SignatureReport(signers: [Self.signer(.expiredKey, madeWhileValid: true)])
        check(expired, [.trusted, .trusted, .trusted], acceptedKeys: ["AA"])
        let purpose = SignatureReport(signers: [Self.signer(.valid, hasPurpose: false)])
        check(purpose, [.trusted, .trusted, .trusted], acceptedKeys: ["AA"])
        let code = BundleError.Code.signatureExpiredKey
        let late = SignatureReport(signers: [Self.signer(.expiredKey, madeWhileValid: false)])
        check(late, [.warned(code), .refused(code), .refused(code)], acceptedKeys: ["AA"])
        check(expired, [.warned(code), .refused(code), .refused(code)], acceptedKeys: ["BB"])
    }

    @Test func endsWithTheStatusOfTheContract() {
        let policy = SignaturePolicy(requirement: .always)
        for status in SignatureStatus.allCases where status != .valid {
            let signers = status == .unsigned ? [] : [Self.signer(status)]
            let decision = policy.decide(
                SignatureReport(signers: signers), isLatched: true, request: .asTheStoreSays)
            guard case .refuse(let error) = decision else {
                Issue.record("\(status) passes")
                continue
            }
            #expect(error.exitStatus == (status == .notYetValid ? .environment : .signature))
            #expect(error.hint != nil)
        }
    }
}
