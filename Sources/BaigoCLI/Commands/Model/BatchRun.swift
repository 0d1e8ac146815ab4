// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import BundleKit
internal import EngineClient
internal import EngineWire

/// `baigo run --batch`: many requests, several computed together.
final class BatchRun {
    /// What became of the requests.
    struct Counts {
        /// Those of earlier runs included.
        var answered = 0
        /// The places of those without an answer, from 0.
        var failed: Set<Int> = []
        /// Tokens of prompts and of answers, and the time they took, in this run.
        var promptTokens = 0
        var answerTokens = 0
        var duration = Duration.zero
    }

    private struct Line {
        let index: Int
        let id: JSONValue
        let digest: String
    }

    private let running: RunningModel
    private let output: BatchOutput
    private let base: GenerateRequest
    private let usesTemplate: Bool
    private let loading: JSONValue
    private var input: BatchInput
    /// Lines that were read.
    private var read = 0
    /// Requests in the order they were sent, without those that are answered.
    private var sent: [Int: Line] = [:]
    private var sentCount = 0
    /// Answers that wait for one before them.
    private var ready: [Int: (members: [String: JSONValue], digest: String)] = [:]
    private var written: Int
    private var counts: Counts

    /// Prepares a run.
    ///
    /// - Parameters:
    ///   - running: The model.
    ///   - input: The requests.
    ///   - output: Where answers go.
    ///   - base: The request that the options of the command make.
    ///   - usesTemplate: Whether a prompt is a turn of a conversation.
    ///   - loading: What else decides about an answer: the model and how it is loaded.
    init(
        _ running: RunningModel, _ input: BatchInput, _ output: BatchOutput, base: GenerateRequest, usesTemplate: Bool,
        loading: LoadFingerprint
    ) {
        self.running = running
        self.input = input
        self.output = output
        self.base = base
        self.usesTemplate = usesTemplate
        self.loading = loading.json
        written = output.done
        counts = Counts(answered: output.done - output.failures.count, failed: Set(output.failures.keys))
    }

    /// Answers all requests that have no answer yet, in their order; those that failed in an earlier run are tried again.
    ///
    /// - Throws: `EngineError` when the engine fails; `FileError`, `CLIError`, `CancellationError`.
    func answer() throws -> Counts {
        let start = SuspendingClock.now
        try running.session.answer(next) { try self.take($0) }
        counts.duration = start.duration(to: .now)
        if read < output.done {
            throw CLIError(
                .usage, "\(output.name) has lines of \(output.done) requests, the batch \(read) requests",
                hint: "It belongs to another batch.")
        }
        try output.finish()
        return counts
    }

    /// The next request that can be computed.
    private func next() throws -> GenerateRequest? {
        while let line = try input.next() {
            let index = read
            read += 1
            let request = parse(line)
            let digest = try digest(of: (try? request.get().bytes) ?? line.start)
            if index < output.done, !counts.failed.contains(index) {
                try output.check(digest, at: index)
                continue
            }
            switch request {
            case .success(let (request, _)):
                sent[sentCount] = Line(index: index, id: request.id, digest: digest)
                sentCount += 1
                return request.request
            case .failure(let error):
                try finish(Line(index: index, id: .null, digest: digest), ["error": error.batchJSON])
            }
        }
        return nil
    }

    private func parse(_ line: BatchInput.Line) -> Result<(request: BatchRequest, bytes: [UInt8]), CLIError> {
        do throws(CLIError) {
            let request = try BatchRequest(line, base: base, usesTemplate: usesTemplate)
            return .success((request, try request.canonicalBytes()))
        } catch {
            return .failure(error)
        }
    }

    private func take(_ answer: BatchAnswer) throws {
        guard let line = sent.removeValue(forKey: answer.index) else { return }
        counts.promptTokens += answer.result?.usage.promptTokens ?? 0
        counts.answerTokens += answer.result?.usage.completionTokens ?? 0
        try finish(line, answer.json)
    }

    /// Writes each answer as soon as all before it are written, and one that had failed at once.
    private func finish(_ line: Line, _ members: [String: JSONValue]) throws {
        if members["error"] == nil {
            counts.answered += 1
            counts.failed.remove(line.index)
        } else {
            counts.failed.insert(line.index)
        }
        let members = members.merging(
            ["index": .number(line.index), "id": line.id, "request": .string(line.digest)]) { $1 }
        guard line.index >= output.done else { return try output.write(members, line.digest, at: line.index) }
        ready[line.index] = (members, line.digest)
        while let (members, digest) = ready.removeValue(forKey: written) {
            try output.write(members, digest, at: written)
            written += 1
        }
    }

    /// What tells one request from another: the model, how it is loaded, and all that the line and the options say.
    private func digest(of request: [UInt8]) throws -> String {
        String(try SHA256Digest(of: loading.compactBytes + [0x0A] + request).hex.prefix(16))
    }
}

extension BatchAnswer {
    fileprivate var json: [String: JSONValue] {
        guard let result else { return ["error": error?.batchJSON ?? .null] }
        return [
            "text": .string(content), "reasoning": reasoning.isEmpty ? .null : .string(reasoning),
            "finishReason": .string(result.finishReason.rawValue), "seed": .integer(Int64(result.seed)),
            "usage": result.usageJSON,
        ]
    }
}

extension PresentableError {
    /// The error in the place of an answer.
    var batchJSON: JSONValue {
        ["identifier": .string(identifier), "message": .string(message), "exitStatus": .number(exitStatus.rawValue)]
    }
}

extension Duration {
    /// Seconds with so many decimals.
    func formatted(places: Int) -> String {
        let scale = (0..<places).reduce(1.0) { scale, _ in scale * 10 }
        let seconds = Double(components.seconds) + Double(components.attoseconds) / 1e18
        return "\((seconds * scale).rounded() / scale)"
    }
}
