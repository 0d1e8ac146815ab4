// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore

/// Writes a package to a pipe: everything is hashed first, so that the lists can come first, and once more while it is
/// written.
struct StreamJob<Input: PackageInput> {
    let input: Input
    let output: OwnedDescriptor
    let progress: any ProgressObserver
    private var position: Int64 = 0
    private var directory: [UInt8] = []

    init(input: Input, output: OwnedDescriptor, progress: any ProgressObserver) {
        self.input = input
        self.output = output
        self.progress = progress
    }

    mutating func run(signing: PackageWriter.Signing?) throws -> WrittenPackage {
        let pipeline = try DataPipeline()
        let (digests, checksums) = try hash(by: pipeline)
        let documents = try input.documents(for: digests)
        let signature = try PackageWriter.signature(over: documents.checksumsBytes, of: input, by: signing)
        var layout = try input.layout(documents: documents, earlySignature: signature)
        let contents =
            [documents.manifestBytes] + (input.metadata.map { [$0] } ?? []) + [documents.checksumsBytes]
            + (signature.map { [$0] } ?? [])
        for (place, bytes) in zip(layout.entries, contents) { try write(bytes, place) }
        let total = input.dataSize
        var done: Int64 = 0
        let progress = progress
        progress.report(.packaging, completed: 0, total: total)
        for (index, place) in layout.entries.suffix(digests.count).enumerated() {
            try write(place.localHeader(crc32: checksums[index]))
            directory += place.centralHeader(crc32: checksums[index])
            let opened = try input.open(index)
            let outcome = try pipeline.run(opened.source, count: place.size, to: .stream(output)) { count in
                done += count
                progress.report(.packaging, completed: done, total: total)
            }
            try PackageWriter.check(
                outcome, of: index, in: input, expecting: digests[index], crc32: opened.crc32)
            guard outcome.crc32 == checksums[index] else { throw BundleError.sourceChanged(place.name) }
            position += outcome.count
        }
        if let bytes = input.modelSignature {
            try layout.append(PackageEntryName.modelSignature, size: Int64(bytes.count))
            if let place = layout.entries.last { try write(bytes, place) }
        }
        try write(ZipLayout.trailer(directory, of: layout.entries.count, at: layout.endOffset))
        return try PackageWriter.written(documents, size: position, isSigned: signature != nil)
    }

    /// Digests and CRC-32 of all data.
    private func hash(by pipeline: DataPipeline) throws -> ([SHA256Digest], [UInt32]) {
        let total = input.dataSize
        var done: Int64 = 0
        var outcomes: [DataOutcome] = []
        progress.report(.hashing, completed: 0, total: total)
        for index in input.data.indices {
            let opened = try input.open(index)
            let outcome = try pipeline.run(opened.source, count: input.data[index].size) { count in
                done += count
                progress.report(.hashing, completed: done, total: total)
            }
            try opened.checkUnchanged()
            try PackageWriter.check(
                outcome, of: index, in: input, expecting: input.knownDigests?[index], crc32: opened.crc32)
            outcomes.append(outcome)
        }
        return (outcomes.map(\.digest), outcomes.map(\.crc32))
    }

    private mutating func write(_ bytes: [UInt8], _ place: ZipPlacedEntry) throws {
        let crc = CRC32.checksum(of: bytes)
        try write(place.localHeader(crc32: crc) + bytes)
        directory += place.centralHeader(crc32: crc)
    }

    private mutating func write(_ bytes: [UInt8]) throws {
        try bytes.withUnsafeBytes { try output.writeStream($0) }
        position += Int64(bytes.count)
    }
}
