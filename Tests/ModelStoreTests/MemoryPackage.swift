// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import BundleKit
import ModelStore
import TestSupport

/// A package that exists in memory only, with faults where a test wants them.
struct MemoryPackage: ImportablePackage {
    /// Where reading goes wrong.
    enum Fault: Equatable {
        /// An error in the middle of the data of the file at this index.
        case throwing(at: Int)
        /// One byte of the file at this index differs from what the list says.
        case flipped(at: Int)
        /// The file at this index ends early.
        case truncated(at: Int)
        /// The file at this index is not there.
        case missing(at: Int)
    }

    /// What `Fault.throwing` throws.
    struct Unplugged: Error {}

    let manifest: Manifest
    let manifestBytes: [UInt8]
    let checksumsBytes: [UInt8]
    let hasOwnChecksums = true
    let identity: SHA256Digest
    let content: SHA256Digest
    let files: [PackageFile]
    let source = "/media/stick/model.baimodel"
    var signature: [UInt8]?
    var modelSignature: [UInt8]?
    var signatureIsKnown = true
    var canBeReadAgain = true
    var fault: Fault?
    private let contents: [String: [UInt8]]

    /// Makes a package of some files under `model/`.
    init(
        _ name: String = "acme/tiny", version: String = "1.0", createdAt: String = "2026-01-01T00:00:00Z",
        weights: [UInt8] = GGUFBuilder.textModel.file, license: String = "free for all", fault: Fault? = nil
    ) throws {
        let data = ["model/LICENSE": Array(license.utf8), "model/tiny.gguf": weights]
        let roles = ["model/LICENSE": FileRole.license, "model/tiny.gguf": .weights]
        let lines = try data.keys.sorted().map { path in
            ManifestFile(
                path: path, role: roles[path] ?? .other, sha256: try SHA256Digest(of: data[path] ?? []),
                size: Int64(data[path]?.count ?? 0))
        }
        let draft = ManifestDraft(
            name: try PackageName(validating: name), version: try PackageVersion(validating: version),
            members: [
                "architecture": "llama", "createdAt": .string(createdAt), "createdBy": "test", "format": "gguf",
                "kind": "model", "license": ["id": "MIT", "file": "model/LICENSE"], "quantization": "F32",
            ])
        manifest = try draft.manifest(of: lines)
        manifestBytes = manifest.bytes
        let own = PackageFile(
            path: "manifest.json", role: .other, sha256: try SHA256Digest(of: manifestBytes),
            size: Int64(manifestBytes.count))
        files = [own] + lines.map { PackageFile(path: $0.path, role: $0.role, sha256: $0.sha256, size: $0.size) }
        checksumsBytes =
            ChecksumList(digests: Dictionary(uniqueKeysWithValues: files.map { ($0.path, $0.sha256) })).bytes
        identity = try SHA256Digest(of: checksumsBytes)
        content = try manifest.contentDigest()
        contents = data.merging(["manifest.json": manifestBytes]) { $1 }
        self.fault = fault
    }

    /// Bytes of the file at a path.
    func bytes(of path: String) -> [UInt8] { contents[path] ?? [] }

    func read(
        into sink: (any PackageSink)?, stoppingAtFirstFault: Bool, progress: any ProgressObserver
    ) throws -> [FileVerdict] {
        try files.enumerated().map { index, file in
            if fault == .missing(at: index) { return FileVerdict(file: file, status: .missing) }
            var bytes = bytes(of: file.path)
            if fault == .flipped(at: index) { bytes[0] ^= 1 }
            if fault == .truncated(at: index) { bytes.removeLast() }
            var target = try sink?.destination(for: file)
            if target == nil, !canBeReadAgain { target = try sink?.lateDestination(for: file) }
            // Like a stream, it gives every byte again.
            if let target, try sink?.keptBytes(of: file, in: target) ?? 0 > 0 { try target.truncate(to: 0) }
            if fault == .throwing(at: index) {
                try target?.writeAll(Array(bytes.prefix(bytes.count / 2)), at: 0)
                throw Unplugged()
            }
            try target?.writeAll(bytes, at: 0)
            let digest = try SHA256Digest(of: bytes)
            if fault == .truncated(at: index) {
                return FileVerdict(file: file, status: .sizeMismatch(actual: file.size - 1))
            }
            guard digest == file.sha256 else { return FileVerdict(file: file, status: .digestMismatch(actual: digest)) }
            if target == nil, canBeReadAgain { try sink?.lateDestination(for: file)?.writeAll(bytes, at: 0) }
            try sink?.complete(file, digest: digest)
            return FileVerdict(file: file, status: .ok)
        }
    }
}
