// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import Dispatch
internal import Synchronization

/// One pass that only verifies: several files at once, on as many threads as there are processors.
///
/// The outcome is that of a pass that takes the files one behind the other.
final class ParallelPass: Sendable {
    /// Opens a file; called on several threads.
    typealias Opening = @Sendable (PackageFile) throws -> OpenedInput

    /// Files at once; more would not fit into the memory that is promised.
    private static let maximumWorkers = 16
    /// Bytes from which on it matters how many threads one file gets.
    private static let largeFrom: Int64 = 4 << 20
    /// Milliseconds between two looks at progress and cancellation.
    private static let interval = 50

    private struct State {
        var next = 0
        /// The first file that ends the pass; files behind it do not matter.
        var end: Int
        var largeToGo: Int
        var results: [Result<FileVerdict, any Error>?]
    }

    private let files: [PackageFile]
    private let opening: Opening
    private let stoppingAtFirstFault: Bool
    private let processors: Int
    private let state: Mutex<State>
    private let done = Atomic<Int64>(0)
    private let isCancelled = Atomic<Bool>(false)

    init(
        over files: [PackageFile], stoppingAtFirstFault: Bool,
        processors: Int = Processors.usable, opening: @escaping Opening
    ) {
        self.files = files
        self.opening = opening
        self.stoppingAtFirstFault = stoppingAtFirstFault
        self.processors = processors
        state = Mutex(
            State(
                end: files.count, largeToGo: files.count { $0.size >= Self.largeFrom },
                results: Array(repeating: nil, count: files.count)))
    }

    /// Reads the files.
    ///
    /// - Returns: The verdicts in the order of the files, up to the first fault where that ends the pass.
    /// - Throws: What reading the first file that could not be read threw; `CancellationError`.
    func run(progress: any ProgressObserver) throws -> [FileVerdict] {
        let total = files.reduce(0) { $0 + $1.size }
        progress.report(.verifying, completed: 0, total: total)
        let workers = DispatchGroup()
        for _ in 0..<min(processors, files.count, Self.maximumWorkers) {
            DispatchQueue(label: "baigo.verify", qos: .userInitiated).async(group: workers) { self.work() }
        }
        while workers.wait(timeout: .now() + .milliseconds(Self.interval)) == .timedOut {
            if Task.isCancelled { isCancelled.store(true, ordering: .relaxed) }
            progress.report(.verifying, completed: done.load(ordering: .relaxed), total: total)
        }
        try Task.checkCancellation()
        var verdicts: [FileVerdict] = []
        for result in state.withLock({ $0.results }) {
            guard let verdict = try result?.get() else { break }
            verdicts.append(verdict)
            if stoppingAtFirstFault, !verdict.isOK { return verdicts }
        }
        progress.report(.verifying, completed: total, total: total)
        return verdicts
    }

    private func work() {
        // A file that shares the processors with others is read and hashed on this thread.
        let single = SerialHash()
        while let (index, isAlone) = claim() {
            let result = Result { try verdict(index, single: single, isAlone: isAlone) }
            state.withLock { state in
                state.results[index] = result
                if files[index].size >= Self.largeFrom { state.largeToGo -= 1 }
                let isFault =
                    if case .success(let verdict) = result { !verdict.isOK && stoppingAtFirstFault } else { true }
                if isFault { state.end = min(state.end, index + 1) }
            }
        }
    }

    /// The next file, and whether there are processors enough to give it two threads.
    private func claim() -> (index: Int, isAlone: Bool)? {
        guard !isCancelled.load(ordering: .relaxed) else { return nil }
        return state.withLock { state in
            guard state.next < state.end else { return nil }
            defer { state.next += 1 }
            let isLarge = files[state.next].size >= Self.largeFrom
            return (state.next, isLarge && state.largeToGo * 2 <= processors)
        }
    }

    private func verdict(_ index: Int, single: SerialHash, isAlone: Bool) throws -> FileVerdict {
        let file = files[index]
        let opened = try opening(file)
        let report = { (count: Int64) throws in
            self.done.add(count, ordering: .relaxed)
            let isBehindEnd = self.state.withLock { index >= $0.end }
            if isBehindEnd || self.isCancelled.load(ordering: .relaxed) { throw CancellationError() }
        }
        let outcome =
            isAlone
            ? try DataPipeline(ring: BufferRing(count: 4, bytes: SerialHash.bufferBytes))
                .run(opened.source, count: file.size, report: report)
            : try single.run(opened.source, count: file.size, report: report)
        try opened.check(outcome, of: file)
        return FileVerdict(of: file, outcome, crc32: opened.crc32)
    }
}
