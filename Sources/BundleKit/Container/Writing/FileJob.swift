// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import SystemPackage

/// Writes a package to a file in one pass: room is kept for manifest and list, which are filled in behind the data.
struct FileJob<Input: PackageInput> {
    /// Room for signatures when free space is checked.
    private static var signatureRoom: Int64 { 64 << 10 }

    let input: Input
    let signing: PackageWriter.Signing?
    let progress: any ProgressObserver

    /// Runs the job; with `isRewritingSource` the target may be what is read: the package itself, made anew.
    ///
    /// - Throws: As `PackageWriter.write`.
    func run(
        _ path: FilePath, replacing: Bool, readBack: Bool, mode: UInt32 = 0o644, isRewritingSource: Bool = false
    ) throws -> WrittenPackage {
        let draft = try PackageWriter.draftDocuments(of: input)
        let layout = try input.layout(documents: draft)
        let extra = Int64(input.modelSignature?.count ?? 0) + (signing == nil ? 0 : Self.signatureRoom)
        let target = try TargetFile(
            path, replacing: replacing, size: layout.size + extra, mode: mode,
            isSource: { !isRewritingSource && input.contains($0) })
        try target.file.reserve(at: 0, count: layout.size)
        let (outcomes, documents) = try copyData(layout, to: target.file)

        progress.report(.packaging, completed: 0, total: layout.size)
        guard documents.manifestBytes.count == draft.manifestBytes.count,
            documents.checksumsBytes.count == draft.checksumsBytes.count
        else {
            throw BundleError(.library, "the manifest has another size than was kept for it")
        }
        let signature = try PackageWriter.signature(over: documents.checksumsBytes, of: input, by: signing)
        let size = try finish(target.file, layout, documents, outcomes, signature)
        try target.file.sync()
        progress.report(.packaging, completed: layout.size, total: layout.size)

        let written = try PackageWriter.written(documents, size: size, isSigned: signature != nil)
        try verify(target.file, written, path: path.string, readBack: readBack)
        try target.publish()
        return written
    }

    /// Hashes and writes the data in the order of the archive.
    private func copyData(
        _ layout: ZipLayout, to file: OwnedDescriptor
    ) throws -> ([DataOutcome], PackageDocuments) {
        let pipeline = try DataPipeline()
        let places = layout.entries.suffix(input.data.count)
        let total = input.dataSize
        var done: Int64 = 0
        var outcomes: [DataOutcome] = []
        progress.report(.hashing, completed: 0, total: total)
        for (index, place) in places.enumerated() {
            let opened = try input.open(index)
            let outcome = try pipeline.run(
                opened.source, count: place.size, to: .file(file, at: place.dataOffset)
            ) { count in
                done += count
                progress.report(.hashing, completed: done, total: total)
            }
            try opened.checkUnchanged()
            try PackageWriter.check(
                outcome, of: index, in: input, expecting: input.knownDigests?[index], crc32: opened.crc32)
            try file.writeAll(place.localHeader(crc32: outcome.crc32), at: place.headerOffset)
            outcomes.append(outcome)
        }
        return (outcomes, try input.documents(for: outcomes.map(\.digest)))
    }

    /// Writes everything but the data.
    ///
    /// - Returns: Bytes of the archive.
    private func finish(
        _ file: OwnedDescriptor, _ layout: ZipLayout, _ documents: PackageDocuments, _ outcomes: [DataOutcome],
        _ signature: [UInt8]?
    ) throws -> Int64 {
        var directory: [UInt8] = []
        let contents = [documents.manifestBytes] + (input.metadata.map { [$0] } ?? []) + [documents.checksumsBytes]
        for (place, bytes) in zip(layout.entries, contents) {
            let crc = CRC32.checksum(of: bytes)
            try file.writeAll(place.localHeader(crc32: crc) + bytes, at: place.headerOffset)
            directory += place.centralHeader(crc32: crc)
        }
        for (place, outcome) in zip(layout.entries.suffix(outcomes.count), outcomes) {
            directory += place.centralHeader(crc32: outcome.crc32)
        }
        var layout = layout
        let trailing = [
            (PackageEntryName.signature, signature), (PackageEntryName.modelSignature, input.modelSignature),
        ]
        for case (let name, let bytes?) in trailing {
            try layout.append(name, size: Int64(bytes.count))
            guard let place = layout.entries.last else { continue }
            let crc = CRC32.checksum(of: bytes)
            try file.writeAll(place.localHeader(crc32: crc) + bytes, at: place.headerOffset)
            directory += place.centralHeader(crc32: crc)
        }
        let trailer = ZipLayout.trailer(directory, of: layout.entries.count, at: layout.endOffset)
        try file.writeAll(trailer, at: layout.endOffset)
        return layout.endOffset + Int64(trailer.count)
    }

    /// Reads what was written as a stranger's package is read.
    private func verify(_ file: OwnedDescriptor, _ written: WrittenPackage, path: String, readBack: Bool) throws {
        let reader: PackageReader
        let opening = PackageOpening(naming: written.manifest)
        if readBack {
            file.dropCache(at: 0, count: 0)
            reader = try PackageReader.open(file: file, source: path, opening)
            let verdicts = try reader.read(into: nil, progress: progress)
            for verdict in verdicts {
                if let error = verdict.error(in: path) { throw error }
            }
        } else {
            progress.report(.verifying, completed: 0, total: written.size.bytes)
            reader = try PackageReader.open(file: file, source: path, opening)
            progress.report(.verifying, completed: written.size.bytes, total: written.size.bytes)
        }
        guard reader.identity == written.identity, try file.status().size == written.size.bytes else {
            throw BundleError.structure(.asWritten, "the package is not what was written").inPackage(path)
        }
    }
}
