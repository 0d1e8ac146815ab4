// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import BundleKit
internal import ModelStore
internal import SystemPackage

/// What the policy makes of files that are verified and not yet committed: their formats, what scanners say, and
/// whether the engine runs them.
struct StagedExamination {
    let trust: Trust
    let judge: PolicyJudge
    let package: PackageReader
    /// Variables for scanners.
    let environment: [String: String]
    /// Loads models once.
    let probe: ModelProbe

    /// Judges the files.
    ///
    /// - Throws: `PolicyError` to refuse, with what scanner or engine said for the audit log; `CancellationError`.
    func run(_ tree: StagedTree, _ verdict: inout PackageVerdict) throws {
        var subject = trust.subject(package, verdict.signature)
        try look(at: tree, &subject)
        judge.judgeFiles(subject, in: &verdict.policy)
        if let refusal = verdict.policy.refusal { throw refusal }
        for scanner in trust.policy.scanners { try scan(tree, scanner, &verdict) }
        if verdict.policy.findings.contains(where: { $0.rule == .probe && $0.verdict == .pending }) {
            try probe(tree, &verdict)
        }
    }

    private func probe(_ tree: StagedTree, _ verdict: inout PackageVerdict) throws {
        let chosen = tree.files.filter(\.isProbed)
        let result = try tree.withFolder(of: chosen) { folder in
            try probe.run(in: FilePath(folder), paths: chosen.map(\.path))
        }
        verdict.policy.probes = result.evidence
        verdict.policy.put(judge.settled(result.finding).about(package.manifest.name, package.manifest.version))
        if let refusal = verdict.policy.refusal { throw refusal.with(evidence: .array(result.evidence)) }
    }

    private func look(at tree: StagedTree, _ subject: inout PolicySubject) throws {
        let isAsked = trust.policy.documents.contains { $0.states(.architecture) }
        for file in tree.files where file.path != PackageEntryName.manifest {
            try Task.checkCancellation()
            let opened = try tree.open(file)
            let name = file.path.lowercased()
            if name.hasSuffix(".gguf"), file.role == .weights {
                if isAsked, let found = try GGUFHeader(reading: opened).architecture {
                    subject.architectures.append(found)
                }
            } else if let content = try FileContent(of: opened) {
                subject.contents[file.path] = content
            }
        }
    }

    private func scan(
        _ tree: StagedTree, _ scanner: PolicyDocument.Scanner, _ verdict: inout PackageVerdict
    ) throws {
        let chosen = tree.files.filter { !scanner.leavesOut($0) }
        let leftOut = tree.files.filter { scanner.leavesOut($0) }.map(\.path)
        let result = try tree.withFolder(of: chosen) { folder in
            try ScannerRun(scanner, environment: environment).run(on: folder, scanned: chosen.count, leftOut: leftOut)
        }
        verdict.policy.scans.append(result.evidence)
        // What one scanner refuses stays refused, or overridden, whatever the next one says.
        let isDecided = verdict.policy.findings.contains { $0.rule == .scanner && $0.verdict == .overridden }
        if !isDecided {
            verdict.policy.put(judge.settled(result.finding).about(package.manifest.name, package.manifest.version))
        }
        if let refusal = verdict.policy.refusal { throw refusal.with(evidence: .array(verdict.policy.scans)) }
    }
}
