// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import Foundation
import TestSupport
import Testing

/// What `verify` and `import` answer to every kind of signature, for every set of trusted keys and every demand: exit
/// status, identifier and trust.
struct SignatureMatrixTests {
    /// A demand on signatures: the policy, and what the command line says.
    private enum Demand: CaseIterable {
        case auto, always, never, requireSignature, allowUnsigned

        var requirement: SignatureMatrix.Requirement {
            switch self {
            case .always: .always
            case .never: .never
            case .auto, .requireSignature, .allowUnsigned: .auto
            }
        }

        var request: SignatureMatrix.Request {
            switch self {
            case .requireSignature: .requireSignature
            case .allowUnsigned: .allowUnsigned
            case .auto, .always, .never: .nothing
            }
        }

        var option: [String] {
            switch self {
            case .requireSignature: ["--require-signature"]
            case .allowUnsigned: ["--allow-unsigned"]
            case .auto, .always, .never: []
            }
        }
    }

    /// An unsigned package, and the signatures over its list.
    private struct Prepared: Sendable {
        let package: Data
        let matrix: SignatureMatrix

        init() throws {
            let site = try Site()
            expect(
                try site.baigo("export", Site.model, "-o", "base.baimodel", "--name", "tiny", "--version", "1"),
                endsWith: .done)
            package = try site.contents("base.baimodel")
            expect(try site.shell("unzip -q base.baimodel checksums.txt"), endsWith: .done)
            matrix = try SignatureMatrix(signing: Array(try site.contents("checksums.txt")))
        }

        /// A folder with the package of a row.
        func site(of row: SignatureMatrix.Row) throws -> Site {
            let site = try Site()
            try site.write(package, to: "row.baimodel")
            if let signature = row.signature {
                try site.write(Data(signature), to: "checksums.txt.asc")
                expect(try site.run("zip", ["-q", "-0", "-X", "row.baimodel", "checksums.txt.asc"]), endsWith: .done)
            }
            return site
        }
    }

    private static let prepared = Result { try Prepared() }

    /// Groups of rows, so that several can be under way at once.
    private static let groups = 4

    @Test(arguments: 0..<groups)
    func answersEveryCell(_ group: Int) throws {
        let prepared = try Self.prepared.get()
        var hosts: [String: Site] = [:]
        for (index, row) in prepared.matrix.rows.enumerated() where index % Self.groups == group {
            let medium = try prepared.site(of: row)
            for trusted in SignatureMatrix.Trusted.allCases {
                let keys = Set(prepared.matrix.trustedKeys(row, trusted)).sorted()
                for demand in Demand.allCases {
                    let name = "\(keys) \(demand.requirement)"
                    let host = try hosts[name] ?? makeHost(trusting: keys, demand.requirement, prepared)
                    hosts[name] = host
                    try check(row, medium.path("row.baimodel"), trusted, demand, on: host, prepared.matrix)
                }
            }
        }
    }

    private func makeHost(
        trusting keys: [String], _ requirement: SignatureMatrix.Requirement, _ prepared: Prepared
    ) throws -> Site {
        let host = try Site()
        for name in keys {
            let fingerprint = try #require(prepared.matrix.fingerprints[name])
            try host.write(Data(try #require(prepared.matrix.keys[name])), to: "key.asc")
            expect(
                try host.baigo(
                    "trust", "add", "key.asc", "--fingerprint", fingerprint, "--for",
                    SignatureMatrix.purpose(of: name)),
                endsWith: .done)
        }
        if requirement != .auto {
            let policy = "schema = 1\n[signature]\nrequired = \"\(requirement.rawValue)\"\n"
            try host.write(Data(policy.utf8), to: "policy.toml")
            expect(try host.baigo("trust", "policy", "set", "policy.toml"), endsWith: .done)
        }
        return host
    }

    private func check(
        _ row: SignatureMatrix.Row, _ package: String, _ trusted: SignatureMatrix.Trusted, _ demand: Demand,
        on host: Site, _ matrix: SignatureMatrix
    ) throws {
        let right = matrix.answer(row, trusted, demand.requirement, demand.request)
        let cell = "\(row), \(trusted) trusted, \(demand)"
        if demand != .allowUnsigned {
            let verified = try host.baigo(["verify", package, "--json"] + demand.option)
            let report = try verified.json
            #expect(verified.status == right.exitStatus, "verify: \(cell): \(verified)")
            #expect(Self.identifier(of: verified, report) == right.identifier, "verify: \(cell): \(verified)")
            #expect(report["valid"] == .bool(right.exitStatus == 0), "verify: \(cell)")
            let trusted = report["signature"]?["signers"]?.array?.count { $0["trusted"] == true } ?? 0
            #expect(!right.isTrusted || trusted > 0, "verify: \(cell): \(verified)")
            #expect(right.isTrusted || trusted == 0 || row.signers.count > 1, "verify: \(cell): \(verified)")
        }
        // What is refused leaves an audit line and nothing else, so only what is taken in needs a host of its own.
        let receiver = right.exitStatus == 0 ? try Site() : host
        if right.exitStatus == 0, host.exists("home") {
            expect(try receiver.run("cp", ["-a", host.home, receiver.home]), endsWith: .done)
        }
        let imported = try receiver.baigo(["import", package, "--yes", "--json"] + demand.option)
        #expect(imported.status == right.exitStatus, "import: \(cell): \(imported)")
        #expect(receiver.exists("home/models/_/tiny") == (right.exitStatus == 0), "import: \(cell)")
        guard right.exitStatus == 0 else {
            #expect(Self.identifier(of: imported, nil) == right.identifier, "import: \(cell): \(imported)")
            return
        }
        let result = try imported.json
        #expect(Self.identifier(of: imported, result) == right.identifier, "import: \(cell): \(imported)")
        #expect(result["model"]?["trusted"] == .bool(right.isTrusted), "import: \(cell): \(imported)")
    }

    /// The identifier of the error, or of the first warning about signatures.
    private static func identifier(of result: ProgramResult, _ report: JSONValue?) -> String? {
        if result.status != 0 {
            let line = result.errorOutput.split(separator: "\n").last.map { Array($0.utf8) } ?? []
            return (try? JSONValue(strict: line))?["error"]?["identifier"]?.string
        }
        return report?["warnings"]?.array?.compactMap { $0["identifier"]?.string }
            .first { $0.hasPrefix("signature.") }
    }
}
