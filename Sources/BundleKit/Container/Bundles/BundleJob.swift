// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import SystemPackage

/// Writes a package as a tar bundle: everything is hashed first, so that the lists can stand in front, and once more
/// while it is written.
struct BundleJob<Input: PackageInput> {
    let input: Input
    let compression: ArchiveCompressor.Method?
    let progress: any ProgressObserver

    /// Bytes of the archive without a new signature, before compression.
    static func size(of input: Input) throws -> Int64 {
        let documents = try PackageWriter.draftDocuments(of: input)
        let small = [documents.manifestBytes, documents.checksumsBytes, input.metadata, input.modelSignature]
        let entries = small.compactMap { $0 }.map { (name: "", size: Int64($0.count)) } + input.data
        return entries.reduce(Int64(2 * TarHeader.blockBytes)) { sum, entry in
            sum + Int64(TarHeader.bytes(name: entry.name, size: entry.size).count) + (entry.size + 511) / 512 * 512
        }
    }

    /// Writes the bundle.
    ///
    /// - Throws: `BundleError`, code `invalidRequest`, where a reader would not unpack so many files.
    func run(to target: PackageTarget, signing: PackageWriter.Signing?) throws -> WrittenPackage {
        try checkCount()
        switch target {
        case .stream(let stream):
            return try run(signing: signing) { try stream.writeStream($0) }
        case .file(let path, let isReplacing, _):
            let room = try Self.size(of: input) + ArchiveBody.maximumSignature
            let file = try TargetFile(path, replacing: isReplacing, size: room) { input.contains($0) }
            var offset: Int64 = 0
            let written = try run(signing: signing) { bytes in
                try file.file.write(bytes, at: offset)
                offset += Int64(bytes.count)
            }
            try file.file.sync()
            try file.publish()
            return written
        }
    }

    private func checkCount() throws(BundleError) {
        guard compression != nil else { return }
        var folders: Set<Substring> = []
        for entry in input.data {
            var path = entry.name[...]
            while let end = path.lastIndex(of: "/") {
                path = path[..<end]
                guard folders.insert(path).inserted else { break }
            }
        }
        // The documents in front are five at the most.
        guard input.data.count + folders.count + 5 <= UnpackingLimit.entries else {
            throw BundleError(
                .invalidRequest, "a compressed tar bundle holds at most 4,096 files and folders",
                hint: "Write a .baimodel or a plain .tar.")
        }
    }

    private func run(
        signing: PackageWriter.Signing?, _ write: @escaping (UnsafeRawBufferPointer) throws -> Void
    ) throws -> WrittenPackage {
        let pipeline = try DataPipeline()
        let digests = try hash(by: pipeline)
        let documents = try input.documents(for: digests)
        let signature = try PackageWriter.signature(over: documents.checksumsBytes, of: input, by: signing)
        var size: Int64 = 0
        let count: (UnsafeRawBufferPointer) throws -> Void = { bytes in
            try write(bytes)
            size += Int64(bytes.count)
        }
        let compressor = try compression.map { try ArchiveCompressor($0, write: count) }
        let output: (UnsafeRawBufferPointer) throws -> Void = { bytes in
            if let compressor { try compressor.write(bytes) } else { try count(bytes) }
        }
        try put(documents.manifestBytes, PackageEntryName.manifest, output)
        if let metadata = input.metadata { try put(metadata, PackageEntryName.metadata, output) }
        try put(documents.checksumsBytes, PackageEntryName.checksums, output)
        if let signature { try put(signature, PackageEntryName.signature, output) }
        if let bundle = input.modelSignature { try put(bundle, PackageEntryName.modelSignature, output) }
        try putData(digests, output)
        try put([UInt8](repeating: 0, count: 2 * TarHeader.blockBytes), output)
        try compressor?.finish()
        return try PackageWriter.written(documents, size: size, isSigned: signature != nil)
    }

    private func hash(by pipeline: DataPipeline) throws -> [SHA256Digest] {
        let total = input.dataSize
        var done: Int64 = 0
        progress.report(.hashing, completed: 0, total: total)
        return try input.data.indices.map { index in
            let opened = try input.open(index)
            let outcome = try pipeline.run(opened.source, count: input.data[index].size) { count in
                done += count
                progress.report(.hashing, completed: done, total: total)
            }
            try opened.checkUnchanged()
            try PackageWriter.check(
                outcome, of: index, in: input, expecting: input.knownDigests?[index], crc32: opened.crc32)
            return outcome.digest
        }
    }

    private func putData(_ digests: [SHA256Digest], _ output: (UnsafeRawBufferPointer) throws -> Void) throws {
        let total = input.dataSize
        var done: Int64 = 0
        progress.report(.packaging, completed: 0, total: total)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
        defer { buffer.deallocate() }
        for (index, entry) in input.data.enumerated() {
            try put(TarHeader.bytes(name: entry.name, size: entry.size), output)
            let opened = try input.open(index)
            guard case .file(let file, let start) = opened.source else { throw BundleError.sourceChanged(entry.name) }
            var hasher = try SHA256Hasher()
            var offset: Int64 = 0
            while offset < entry.size {
                try Task.checkCancellation()
                let wanted = Int(min(Int64(buffer.count), entry.size - offset))
                let part = UnsafeMutableRawBufferPointer(rebasing: buffer[..<wanted])
                guard try file.read(at: start + offset, into: part) == wanted else {
                    throw BundleError.sourceChanged(entry.name)
                }
                try hasher.update(UnsafeRawBufferPointer(part))
                try output(UnsafeRawBufferPointer(part))
                offset += Int64(wanted)
                done += Int64(wanted)
                progress.report(.packaging, completed: done, total: total)
            }
            guard try hasher.finalize() == digests[index] else { throw BundleError.sourceChanged(entry.name) }
            try put(TarHeader.padding(behind: entry.size), output)
        }
    }

    private func put(_ bytes: [UInt8], _ name: String, _ output: (UnsafeRawBufferPointer) throws -> Void) throws {
        try put(TarHeader.bytes(name: name, size: Int64(bytes.count)), output)
        try put(bytes + TarHeader.padding(behind: Int64(bytes.count)), output)
    }

    private func put(_ bytes: [UInt8], _ output: (UnsafeRawBufferPointer) throws -> Void) throws {
        try bytes.withUnsafeBytes { try output($0) }
    }
}
