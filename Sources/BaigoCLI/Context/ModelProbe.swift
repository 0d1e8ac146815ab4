// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import BundleKit
internal import EngineClient
internal import EngineWire
internal import SystemPackage

/// Lets the engine load each model of a package once, in a worker of its own, and make one token, vector or score.
struct ModelProbe {
    /// Tokens of prompt and answer together.
    private static let contextTokens = 2048
    /// What a text for a vector may have.
    private static let vectorTokens = 512
    private static let firstTokenLimit = Duration.seconds(600)

    /// What came of it.
    struct Result {
        /// For each model what was done with it, and how it ended.
        var evidence: [JSONValue] = []
        /// Pass or refuse.
        var finding: PolicyFinding
    }

    /// What was made, and by which model.
    private struct Outcome {
        let purpose: LoadRequest.Purpose
        let model: LoadedModel
    }

    private let engine: () throws -> FilePath

    /// Makes a probe.
    ///
    /// - Parameter engine: Finds the worker's program.
    init(_ engine: @escaping () throws -> FilePath) {
        self.engine = engine
    }

    /// Loads the models that lie in a folder.
    ///
    /// - Parameters:
    ///   - folder: The folder.
    ///   - paths: Weights in it, as the package names them.
    /// - Returns: A refusal by the first model that fails, or that all pass.
    /// - Throws: `PolicyError`, code `probeUnavailable`, where this host has no engine; `CancellationError`.
    func run(in folder: FilePath, paths: [String]) throws -> Result {
        let models = Self.models(paths)
        var result = Result(finding: PolicyFinding(.probe, .pass, models.compactMap(\.first).joined(separator: ", ")))
        for model in models {
            let begun = ContinuousClock.now
            var evidence: [String: JSONValue] = ["weights": .array(model.map(JSONValue.string)), "error": .null]
            do {
                let outcome = try Self.run(
                    model.map { folder.appending($0).string }, engine: try engine(), &evidence)
                evidence["made"] = .string(outcome.purpose.madeName)
                evidence["description"] = .string(outcome.model.modelDescription.excerptForOneLine)
                evidence["loadMilliseconds"] = .rounded(outcome.model.loadMilliseconds)
            } catch let error as EngineError {
                if error.code.isOfHost { throw Self.unavailable(error) }
                evidence["error"] = error.json
                result.finding = .probeFailed(model.first ?? "", error.message)
            }
            evidence["passed"] = .bool(evidence["error"] == .null)
            evidence["milliseconds"] = .integer(Int64((ContinuousClock.now - begun) / .milliseconds(1)))
            result.evidence.append(.object(evidence))
            if result.finding.verdict == .refuse { break }
        }
        return result
    }

    private static func run(
        _ paths: [String], engine: FilePath, _ evidence: inout [String: JSONValue]
    ) throws -> Outcome {
        let (session, described) = try start(engine)
        defer { session.close() }
        evidence["engine"] = [
            "loadedVersion": .string(described.loadedVersion), "ggmlCommit": .string(described.ggmlCommit),
            "cpuBackend": .text(described.cpuBackend),
        ]
        do {
            let model = try session.load(LoadRequest(modelPaths: paths, contextTokens: contextTokens))
            let prompt: Prompt =
                model.hasChatTemplate
                ? .chat(messages: [ChatMessage(role: .user, content: "Hello")]) : .raw(text: "Hello")
            _ = try session.generate(
                GenerateRequest(prompt: prompt, sampling: SamplingOptions(maxTokens: 1, temperature: 0)),
                firstTokenWithin: firstTokenLimit
            ) { _ in }
            return Outcome(purpose: .text, model: model)
        } catch let error as EngineError where error.code == .notATextModel {
            do {
                return try embed(paths, .vectors, .text("Hello"), session)
            } catch let error as EngineError where error.code == .notAVectorModel {
                return try embed(paths, .scores, .pair(question: "Hello?", text: "Hello"), session)
            }
        }
    }

    /// Starts a worker; what goes wrong before there is a model is no model's fault.
    private static func start(_ engine: FilePath) throws -> (EngineSession, EngineDescription) {
        do {
            let session = try EngineSession(engine: engine)
            do {
                return (session, try session.describe())
            } catch {
                session.close()
                throw error
            }
        } catch let error as EngineError {
            throw unavailable(error)
        }
    }

    private static func embed(
        _ paths: [String], _ purpose: LoadRequest.Purpose, _ input: EmbedRequest.Input, _ session: EngineSession
    ) throws -> Outcome {
        let model = try session.load(
            LoadRequest(modelPaths: paths, contextTokens: vectorTokens, purpose: purpose))
        try session.embed(EmbedRequest(inputs: [input])) { _ in }
        return Outcome(purpose: purpose, model: model)
    }

    /// Weights by model: shards of one belong together, in their order.
    private static func models(_ paths: [String]) -> [[String]] {
        let known = Set(paths)
        return paths.sorted().compactMap { path in
            let file = FilePath(path)
            guard let shard = file.lastComponent.flatMap({ ShardName($0.string) }), shard.count > 1 else {
                return [path]
            }
            guard shard.number == 1 else { return nil }
            let folder = file.removingLastComponent()
            return (1...shard.count).map { folder.appending(shard.name(of: $0)).string }.filter(known.contains)
        }
    }

    private static func unavailable(_ error: EngineError) -> PolicyError {
        PolicyError(
            .probeUnavailable, "the model could not be probed: \(error.message)",
            hint: error.hint ?? "Run baigo doctor; nothing is imported without the probe.", cause: error)
    }
}

extension LoadRequest.Purpose {
    fileprivate var madeName: String {
        switch self {
        case .text: "token"
        case .vectors: "vector"
        case .scores: "score"
        case .vocabulary: "nothing"
        }
    }
}

extension EngineError.Code {
    /// Whether this host is to blame, and not the model.
    fileprivate var isOfHost: Bool {
        [.notFound, .noWorker, .cannotStart, .incompatible, .noBackend, .killed].contains(self)
    }
}
