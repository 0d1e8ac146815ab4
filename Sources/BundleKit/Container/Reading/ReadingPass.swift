// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore

/// One pass over the files of a package, one behind the other: hashes them, hands them to a sink, and keeps the verdicts.
struct ReadingPass {
    /// Bytes from which on room is reserved before a file is written.
    private static let reserveFrom: Int64 = 1 << 20

    private let sink: (any PackageSink)?
    private let stoppingAtFirstFault: Bool
    private let progress: any ProgressObserver
    private let pipeline: DataPipeline
    private let total: Int64
    private var done: Int64 = 0
    private(set) var verdicts: [FileVerdict] = []

    init(
        over files: [PackageFile], into sink: (any PackageSink)?, stoppingAtFirstFault: Bool,
        progress: any ProgressObserver
    ) throws(BundleError) {
        self.sink = sink
        self.stoppingAtFirstFault = stoppingAtFirstFault
        self.progress = progress
        pipeline = try DataPipeline()
        total = files.reduce(0) { $0 + $1.size }
        report(0)
    }

    private var phase: ProgressPhase { sink == nil ? .verifying : .extracting }

    private func report(_ count: Int64) { progress.report(phase, completed: count, total: total) }

    /// Whether a fault has been found that ends the pass.
    var isOver: Bool { stoppingAtFirstFault && verdicts.last?.isOK == false }

    /// Reads all files that `open` can open, in order.
    mutating func read(_ files: [PackageFile], opening open: (PackageFile) throws -> OpenedInput) throws {
        for file in files {
            let opened = try open(file)
            let outcome = try copy(file, from: opened)
            try opened.check(outcome, of: file)
            try conclude(file, outcome, crc32: opened.crc32)
            if isOver { break }
        }
    }

    /// Reads a file from where an interrupted pass stopped.
    ///
    /// If the whole is wrong then, it is read once more from its start: what was kept may be to blame. So is one that
    /// was right, and that the sink wants to have after all.
    private mutating func copy(_ file: PackageFile, from opened: OpenedInput) throws -> DataOutcome {
        guard let destination = try sink?.destination(for: file) else {
            let before = done
            let outcome = try copy(file, from: opened.source, to: nil)
            guard FileVerdict(of: file, outcome, crc32: opened.crc32).isOK,
                let late = try sink?.lateDestination(for: file)
            else { return outcome }
            done = before
            return try copy(file, from: opened.source, to: late)
        }
        let kept = try sink?.keptBytes(of: file, in: destination) ?? 0
        guard kept > 0 else { return try copy(file, from: opened.source, to: destination) }
        let start = DataStart(of: destination, count: kept)
        try destination.reserve(at: kept, count: file.size - kept, keepingSize: true)
        let before = done
        let outcome = try run(file, opened.source, to: .file(destination, at: 0), behind: start)
        if FileVerdict(of: file, outcome, crc32: opened.crc32).isOK { return outcome }
        done = before
        try destination.truncate(to: 0)
        return try copy(file, from: opened.source, to: destination)
    }

    /// Reads the whole of a file from a stream, which gives every byte again, and writes it where the sink says.
    mutating func copy(_ file: PackageFile, from source: DataSource) throws -> DataOutcome {
        try copy(file, from: source, to: try emptyDestination(for: file))
    }

    /// Reads the whole of a file.
    ///
    /// Where the file system can, the written file shares the source's blocks, and what is hashed is the written file.
    private mutating func copy(
        _ file: PackageFile, from source: DataSource, to destination: OwnedDescriptor?
    ) throws -> DataOutcome {
        var source = source
        var target: DataTarget?
        if let destination {
            if try clone(source, count: file.size, into: destination) {
                source = DirectFile(destination, .reading).map { .medium($0) } ?? .file(destination, at: 0)
            } else {
                // The size tells a later pass how far this one came.
                if file.size >= Self.reserveFrom {
                    try destination.reserve(at: 0, count: file.size, keepingSize: true)
                }
                target = .file(destination, at: 0)
            }
        }
        return try run(file, source, to: target)
    }

    private mutating func run(
        _ file: PackageFile, _ source: DataSource, to target: DataTarget?, behind start: DataStart? = nil
    ) throws -> DataOutcome {
        let before = done
        var read: Int64 = 0
        let outcome = try pipeline.run(source, count: file.size, to: target, behind: start) {
            [progress, phase, total] count in
            read += count
            progress.report(phase, completed: before + read, total: total)
        }
        done = before + file.size
        return outcome
    }

    private func emptyDestination(for file: PackageFile) throws -> OwnedDescriptor? {
        guard let destination = try sink?.destination(for: file) else { return try sink?.lateDestination(for: file) }
        if try sink?.keptBytes(of: file, in: destination) ?? 0 > 0 { try destination.truncate(to: 0) }
        return destination
    }

    private func clone(_ source: DataSource, count: Int64, into destination: OwnedDescriptor) throws -> Bool {
        guard case .file(let origin, let offset) = source else { return false }
        return try destination.clone(origin, at: offset, count: count)
    }

    /// Takes a file that is in memory.
    mutating func copy(_ file: PackageFile, from bytes: [UInt8]) throws -> DataOutcome {
        try emptyDestination(for: file)?.writeAll(bytes, at: 0)
        done += file.size
        report(done)
        var probe = ContentProbe()
        bytes.withUnsafeBytes { probe.update($0) }
        return DataOutcome(
            digest: try SHA256Digest(of: bytes), crc32: CRC32.checksum(of: bytes), count: Int64(bytes.count),
            content: probe.content)
    }

    /// Compares what was read with what is listed and with the container's CRC-32, if it has one, and tells the sink.
    mutating func conclude(_ file: PackageFile, _ outcome: DataOutcome, crc32: UInt32?) throws {
        let verdict = FileVerdict(of: file, outcome, crc32: crc32)
        verdicts.append(verdict)
        if verdict.isOK { try sink?.complete(file, digest: outcome.digest) }
    }
}

extension FileVerdict {
    /// Compares what was read with what is listed and with the container's CRC-32, if it has one.
    init(of file: PackageFile, _ outcome: DataOutcome, crc32: UInt32?) {
        let status: Status =
            if outcome.count != file.size {
                .sizeMismatch(actual: outcome.count)
            } else if outcome.digest != file.sha256 {
                .digestMismatch(actual: outcome.digest)
            } else if let crc32, crc32 != outcome.crc32 {
                .crcMismatch
            } else {
                .ok
            }
        self.init(file: file, status: status, content: outcome.content ?? FileContent(named: file.path))
    }
}

extension BundleError {
    /// A file that is not the one it was a moment ago.
    static func sourceChanged(_ path: String) -> BundleError {
        BundleError(
            .sourceChanged, "\(path.escapedForOneLine) changed while it was read",
            hint: "Wait until nothing writes to it and run the command again.")
    }
}
