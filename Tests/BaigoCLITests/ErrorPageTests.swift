// SPDX-License-Identifier: Apache-2.0

import BaigoCLI
import BaigoCore
import BundleKit
import EngineWire
import Foundation
import ModelStore
import Testing

struct ErrorPageTests {
    /// Identifier and exit status of each row of the page.
    private var rows: [String: Int32] {
        get throws {
            let checkout = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
                .deletingLastPathComponent()
            let page = try String(contentsOf: checkout.appendingPathComponent("docs/errors.md"), encoding: .utf8)
            let found = page.matches(of: /\| `([a-z0-9.-]+)` \| ([0-9]+) \|/)
            return Dictionary(found.map { (String($0.1), Int32($0.2) ?? -1) }, uniquingKeysWith: { $0 == $1 ? $0 : -1 })
        }
    }

    @Test func docsListEveryIdentifierAndNoOther() throws {
        var known = Set(BundleError.identifiers)
        known.formUnion(FileError.Code.allCases.map(\.rawValue))
        known.formUnion(StoreError.Code.allCases.map(\.rawValue))
        known.formUnion(EngineError.Code.allCases.map(\.rawValue))
        known.formUnion(CLIError.Code.allCases.map(\.rawValue))
        known.formUnion(PolicyError.Code.allCases.map(\.rawValue))
        let listed = Set(try rows.keys)
        #expect(known.subtracting(listed).sorted() == [])
        #expect(listed.subtracting(known).sorted() == [])
    }

    @Test func docsGiveTheExitStatusOfEachError() throws {
        let rows = try rows
        let ruled = Set(BundleError.ruleKinds.map { $0.code })
        var errors: [any PresentableError] = BundleError.Code.allCases.filter { !ruled.contains($0) }
            .map { BundleError($0, "") }
        errors += BundleError.ruleKinds.flatMap { Self.errors(of: $0) }
        errors += FileError.Code.allCases.map { FileError($0, "") }
        errors += StoreError.Code.allCases.map { StoreError($0, "") }
        errors += EngineError.Code.allCases.map { EngineError($0, "") }
        errors += CLIError.Code.allCases.map { CLIError($0, "") }
        errors += PolicyError.Code.allCases.map { PolicyError($0, "") }
        for error in errors { #expect(rows[error.identifier] == error.exitStatus.rawValue, "\(error.identifier)") }
    }

    private static func errors<Rule: BundleRule>(of kind: Rule.Type) -> [BundleError] {
        kind.allCases.map { BundleError(breaking: $0, "") }
    }
}
