// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import BundleKit
import Glibc
import Synchronization
import SystemPackage
import TestSupport

/// A folder of a test's own, removed with this object.
final class Scratch: Sendable {
    private let made: TemporaryFolder
    var path: FilePath { made.path }

    init() throws { made = try TemporaryFolder() }

    private let number = Mutex(0)

    func nextNumber() -> Int {
        number.withLock { number in
            number += 1
            return number
        }
    }

    var folder: Folder { get throws { try Folder.open(path) } }

    /// Writes a file, making its folders.
    @discardableResult
    func write(_ name: String, _ bytes: [UInt8]) throws -> FilePath {
        let file = path.appending(FilePath(name).components)
        let folder = try Folder.open(making: file.removingLastComponent())
        try folder.publish(bytes, as: file.lastComponent?.string ?? "", mode: 0o644)
        return file
    }

    func bytes(_ name: String) throws -> [UInt8] { try folder.bytes(of: name) }
}

/// The documents and files of a small package.
struct Sample {
    var files: [(name: String, bytes: [UInt8])] = [
        ("model/a.gguf", Array("weights".utf8)), ("model/LICENSE", Array("Apache\n".utf8)),
    ]
    var metadata: [UInt8]?
    var manifestChanges: [String: JSONValue] = [:]

    var draft: ManifestDraft {
        get throws {
            ManifestDraft(
                name: try PackageName(validating: "acme/x"), version: nil,
                members: ["kind": "model", "format": "gguf"])
        }
    }

    var manifest: [UInt8] {
        get throws {
            let listed = (metadata.map { [("metadata.json", $0)] } ?? []) + files
            let lines = try listed.map {
                ManifestFile(
                    path: $0.0, role: $0.0 == "metadata.json" ? .metadata : .weights,
                    sha256: try SHA256Digest(of: $0.1),
                    size: Int64($0.1.count))
            }
            let manifest = try draft.manifest(of: lines)
            return JSONValue.object(manifest.json.merging(manifestChanges) { $1 }).prettyBytes
        }
    }

    var checksums: [UInt8] {
        get throws {
            var digests = ["manifest.json": try SHA256Digest(of: manifest)]
            if let metadata { digests["metadata.json"] = try SHA256Digest(of: metadata) }
            for file in files { digests[file.name] = try SHA256Digest(of: file.bytes) }
            return ChecksumList(digests: digests).bytes
        }
    }

    /// The package as an archive that can be changed, in canonical order.
    func builder(withList: Bool = true) throws -> ArchiveBuilder {
        var builder = ArchiveBuilder()
        builder.add("manifest.json", try manifest)
        if let metadata { builder.add("metadata.json", metadata) }
        if withList { builder.add("checksums.txt", try checksums) }
        for file in files { builder.add(file.name, file.bytes) }
        return builder
    }

    /// Writes the files to a folder and plans a package of them.
    func plan(in scratch: Scratch) throws -> PackagePlan {
        PackagePlan(
            manifest: try draft,
            files: try files.map {
                PlannedFile(
                    path: $0.name, role: .weights, source: try scratch.write("source/\($0.name)", $0.bytes),
                    size: Int64($0.bytes.count))
            }, metadata: metadata)
    }
}

/// Keeps what is read in memory.
final class MemorySink: PackageSink {
    private let scratch: Scratch
    private var open: [String: OwnedDescriptor] = [:]
    private(set) var files: [String: [UInt8]] = [:]

    init(in scratch: Scratch) { self.scratch = scratch }

    func destination(for file: PackageFile) throws -> OwnedDescriptor? {
        let made = try scratch.folder.file(creating: "sink-\(scratch.nextNumber())")
        open[file.path] = made
        return made
    }

    func complete(_ file: PackageFile, digest: SHA256Digest) throws {
        files[file.path] = try open[file.path]?.bytes(at: 0, count: Int(file.size) + 1)
    }
}

extension PackageReader {
    /// Opens bytes as a file.
    static func open(_ bytes: [UInt8], in scratch: Scratch) throws -> PackageReader {
        try open(try scratch.write("x.baimodel", bytes))
    }

    /// Opens bytes as a pipe.
    static func open(piping bytes: [UInt8], in scratch: Scratch) throws -> PackageReader {
        var opening = PackageOpening()
        opening.spoolFolder = scratch.path
        return try open(stream: try pipe(bytes), opening)
    }

    /// Reads everything into memory.
    func contents(in scratch: Scratch) throws -> [String: [UInt8]] {
        let sink = MemorySink(in: scratch)
        let verdicts = try read(into: sink, stoppingAtFirstFault: false)
        for verdict in verdicts {
            if let error = verdict.error(in: source) { throw error }
        }
        return sink.files
    }
}

/// The reading end of a pipe into which a thread of its own writes the bytes.
func pipe(_ bytes: [UInt8]) throws -> OwnedDescriptor {
    var ends: [CInt] = [0, 0]
    guard Glibc.pipe(&ends) == 0 else { throw Errno(rawValue: errno) }
    let output = OwnedDescriptor(owning: ends[1], path: "pipe")
    PipeFeeder.start(bytes, into: output)
    return OwnedDescriptor(owning: ends[0], path: "standard input")
}
