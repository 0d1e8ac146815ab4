// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore

extension PolicyJudge {
    /// Whether the engine has to load something; what comes of it is known when the data is there.
    func probe(of subject: PolicySubject) -> PolicyFinding {
        guard policy.needsProbe || request.isProbing else {
            return PolicyFinding(.probe, .notApplicable, "not asked for")
        }
        let models = subject.files.filter(\.isProbed).map(\.path)
        guard !models.isEmpty else {
            return PolicyFinding(
                .probe, .notApplicable, "no weights in GGUF; adapters, projectors and other files alone are not loaded")
        }
        return PolicyFinding(.probe, .pending, Self.list(models))
    }
}

extension PolicyFinding {
    /// A model that the engine does not run.
    ///
    /// - Parameters:
    ///   - path: Its weights.
    ///   - reason: What the engine said, or what became of it.
    /// - Returns: The refusal.
    package static func probeFailed(_ path: String, _ reason: String) -> PolicyFinding {
        .against(
            .probe, .probe, path, "\(path.excerptForOneLine) did not pass the probe: \(reason)",
            remedy: "a model that the engine of this host loads and runs")
    }
}

extension PackageFile {
    /// Whether the engine loads the file in a probe.
    package var isProbed: Bool { role == .weights && path.lowercased().hasSuffix(".gguf") }
}
