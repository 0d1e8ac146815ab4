// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import BundleKit

/// Everything known of an opened package: manifest, files, signatures, warnings.
struct PackageReport {
    private let package: PackageReader
    private let verdict: PackageVerdict
    private let verdicts: [FileVerdict]?

    /// Reports on a package.
    ///
    /// - Parameters:
    ///   - package: The opened package.
    ///   - verdict: What signatures and policy make of it.
    ///   - files: `nil` where no data was read.
    init(_ package: PackageReader, verdict: PackageVerdict, files: [FileVerdict]?) {
        self.package = package
        self.verdict = verdict
        verdicts = files
    }

    private var warnings: [Warning] { package.warnings + verdict.warnings }

    /// Whether nothing that was looked at speaks against the package.
    private var isValid: Bool { verdict.refusal == nil && verdicts?.allSatisfy(\.isOK) ?? true }

    var json: [String: JSONValue] {
        [
            "package": .object(package.manifest.json), "identity": .string(package.identity.description),
            "content": .string(package.content.description), "files": .array(files),
            "signature": verdict.signature?.json ?? .null, "policy": verdict.policy.json, "warnings": warnings.json,
            "valid": .bool(isValid),
        ]
    }

    private var files: [JSONValue] {
        let statuses = Dictionary((verdicts ?? []).map { ($0.file.path, $0.status.name) }, uniquingKeysWith: { $1 })
        let roles = Dictionary(package.manifest.files.map { ($0.path, $0.roleName) }, uniquingKeysWith: { $1 })
        let contents = package.recognisedContents
        return package.files.map { file in
            var members: [String: JSONValue] = [
                "path": .string(file.path), "role": .string(roles[file.path] ?? "metadata"),
                "sha256": .string(file.sha256.hex), "size": .integer(file.size),
                "status": .string(statuses[file.path] ?? "unchecked"),
            ]
            members["content"] = contents[file.path].map { .string($0.rawValue) }
            return .object(members)
        }
    }

    var text: String {
        let card = PackageCard.text(package.manifest, identity: package.identity, packageSize: nil)
        var lines = card + "\n" + PackageCard.contents(package.manifest)
        lines += "\nsignature: " + (verdict.signature?.text.escapedForOneLine ?? "behind the data, not read yet") + "\n"
        lines += verdict.lines.map { $0 + "\n" }.joined()
        for warning in warnings { lines += "warning: \(warning.message.escapedForTerminal)\n" }
        return lines
    }

    /// A line for each file whose data was read.
    var verification: String {
        (verdicts ?? []).map { "\($0.file.path.escapedForOneLine): \($0.isOK ? "OK" : $0.status.name)\n" }.joined()
    }
}
