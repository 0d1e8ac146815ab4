// SPDX-License-Identifier: Apache-2.0

import BaigoCore
@testable import BundleKit
import SystemPackage

/// An archive in memory.
private struct MemoryZipSource: ZipSource {
    let content: [UInt8]
    var startOffset: Int64 { 0 }
    var size: Int64 { Int64(content.count) }

    func bytes(at fileOffset: Int64, count: Int) throws -> [UInt8] {
        require(fileOffset >= 0 && count >= 0 && fileOffset + Int64(count) <= size, "read outside of the archive")
        return Array(content[Int(fileOffset)..<Int(fileOffset) + count])
    }
}

/// The structure of a seekable archive: what is accepted covers the file without gap or overlap.
@_cdecl("fuzz_zip")
public func fuzzZip(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    run(bytes, count) { input in
        let directory = try ZipDirectory(reading: MemoryZipSource(content: input))
        var position: Int64 = 0
        var names: Set<[UInt8]> = []
        for entry in directory.entries {
            require(entry.headerOffset == position, "a gap before \(entry.name)")
            require(entry.dataOffset + entry.size <= entry.endOffset, "\(entry.name) overlaps the next part")
            require(names.insert(Array(entry.name.utf8)).inserted, "\(entry.name) is there twice")
            position = entry.endOffset
        }
        require(position == directory.tail.directoryOffset, "a gap before the directory")
    }
}

/// A package read as a file and as a stream: where both take it, both read the same.
@_cdecl("fuzz_package")
public func fuzzPackage(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    run(bytes, count) { input in
        guard input.count <= MemoryFile.pipeBytes else { return }
        let file = Result { try Reading(PackageReader.open(stream: try MemoryFile.holding(input), PackageOpening())) }
        let stream = Result {
            try Reading(PackageReader.open(stream: try MemoryFile.piping(input), PackageOpening()))
        }
        switch (file, stream) {
        case (.success(let file), .success(let stream)):
            require(file == stream, "file and stream differ")
        case (.success, .failure(let error)):
            // A signature that does not say its size is all that a stream refuses for being one.
            let identifier = (error as? BundleError)?.identifier
            guard identifier == StructureRule.streamSize.identifier else { finding("only the file is taken: \(error)") }
        case (.failure(let error), .success): finding("only the stream is taken: \(error)")
        case (.failure(let error), .failure): throw error
        }
    }
}

/// Everything that a reader takes from a package.
private struct Reading: Equatable {
    let manifest: [UInt8]
    let checksums: [UInt8]
    let metadata: [UInt8]?
    let signature: [UInt8]?
    let modelSignature: [UInt8]?
    let files: Set<String>

    init(_ reader: PackageReader) throws {
        let verdicts = try reader.read(into: nil)
        for verdict in verdicts {
            if let error = verdict.error(in: "input") { throw error }
        }
        manifest = reader.manifestBytes
        checksums = reader.checksumsBytes
        metadata = reader.metadataBytes
        signature = reader.signature
        modelSignature = reader.modelSignature
        files = Set(verdicts.map { "\($0.file.path) \($0.file.sha256) \($0.file.size)" })
    }
}
