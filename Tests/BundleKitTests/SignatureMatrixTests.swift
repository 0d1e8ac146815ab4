// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import TestSupport
import Testing

@testable import BundleKit

/// Every kind of signature × every set of trusted keys × every policy × every request.
@Suite struct SignatureMatrixTests {
    private static let document = Array("\(String(repeating: "0", count: 64))  manifest.json\n".utf8)
    private static let matrix = Result { try SignatureMatrix(signing: document) }

    @Test func decidesEveryCell() throws {
        let matrix = try Self.matrix.get()
        var cells = 0
        for row in matrix.rows {
            for trusted in SignatureMatrix.Trusted.allCases {
                let names = matrix.trustedKeys(row, trusted)
                let keys = try Set(names).map { try self.trusted($0, in: matrix) }
                let report = try SignatureVerifier.verify(
                    signature: row.signature, over: Self.document, keys: keys, kind: "model", now: .now)
                for requirement in SignatureMatrix.Requirement.allCases {
                    for request in SignatureMatrix.Request.allCases {
                        let policy = SignaturePolicy(requirement: try Self.requirement(requirement))
                        let decision = policy.decide(report, isLatched: !keys.isEmpty, request: Self.request(request))
                        let right = matrix.answer(row, trusted, requirement, request)
                        #expect(
                            Self.answer(decision) == right,
                            "\(row), \(trusted) trusted, \(requirement), \(request): \(report.signers)")
                        cells += 1
                    }
                }
            }
        }
        #expect(cells == matrix.rows.count * 27)
        #expect(matrix.rows.count > 30)
    }

    private func trusted(_ name: String, in matrix: SignatureMatrix) throws -> TrustedKey {
        let bytes = try #require(matrix.keys[name])
        let purpose = try #require(KeyPurpose(rawValue: SignatureMatrix.purpose(of: name)))
        return TrustedKey(
            block: try PublicKeyBlock(reading: bytes), userIDs: [name], purposes: [purpose], addedAt: .now,
            addedBy: "tester")
    }

    private static func requirement(_ value: SignatureMatrix.Requirement) throws -> SignaturePolicy.Requirement {
        try #require(SignaturePolicy.Requirement(rawValue: value.rawValue))
    }

    private static func request(_ value: SignatureMatrix.Request) -> SignaturePolicy.Request {
        switch value {
        case .nothing: .asTheStoreSays
        case .requireSignature: .requireSignature
        case .allowUnsigned: .allowUnsigned
        }
    }

    private static func answer(_ decision: SignatureDecision) -> SignatureMatrix.Answer {
        switch decision {
        case .accept(let isTrusted, let warnings):
            .init(exitStatus: 0, identifier: warnings.first?.identifier, isTrusted: isTrusted)
        case .acceptByLeave(let warnings):
            .init(exitStatus: 0, identifier: warnings.first?.identifier, isTrusted: false)
        case .refuse(let error):
            .init(exitStatus: error.exitStatus.rawValue, identifier: error.identifier, isTrusted: false)
        }
    }
}
