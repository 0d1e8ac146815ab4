// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import BundleKit
internal import ModelStore

/// Whether the policy of this host and store lets a model leave.
struct ExportLeave {
    private let finding: PolicyFinding
    private let digest: SHA256Digest?
    private let name: PackageName
    private let store: ModelStore
    private let context: CommandContext

    /// Judges what is to be exported.
    ///
    /// - Throws: `PolicyError`, code `unreadable`; `FileError`, `StoreError`.
    init(_ source: ExportSource, _ host: Host, _ context: CommandContext) throws {
        store = try host.store()
        let (name, license) = source.stated
        // The policy of the host's shared store holds for what leaves the host, too.
        let policies = try [store, host.shelf().system()].compactMap { try $0?.policy() }
        let judged = policies.map { policy in
            (digest: policy.digest, finding: PolicyJudge.export(license: license, policy).about(name, nil))
        }
        let decisive = judged.first { $0.finding.verdict == .refuse } ?? judged[0]
        digest = decisive.digest
        finding = decisive.finding
        self.name = name
        self.context = context
    }

    /// Refuses, where the model may not leave.
    ///
    /// - Throws: `PolicyError`, code `redistribution`.
    func check() throws(PolicyError) {
        if finding.verdict == .refuse, let error = finding.error { throw error }
    }

    /// Refuses, where the model may not leave, after a line in the audit log.
    ///
    /// - Throws: As `check()`.
    func checkRecording() throws {
        do throws(PolicyError) {
            try check()
        } catch {
            let event = AuditEvent("export", model: name.description)
            if let fault = try store.noteRefusal(event, error: error) { try? context.errorOutput.warnings([fault]) }
            throw error
        }
    }

    /// The verdict as `--json` shows it.
    var json: JSONValue {
        [
            "digest": .text(digest?.description), "rules": [finding.json],
            "verdict": .string(finding.verdict.rawValue),
        ]
    }
}
