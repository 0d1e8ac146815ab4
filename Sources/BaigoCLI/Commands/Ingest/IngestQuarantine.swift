// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import BundleKit
internal import SystemPackage

/// Keeps copies of what was refused, each with its reason; nothing in the folder is ever written over.
struct IngestQuarantine {
    /// Bytes of a file's name that its copy keeps.
    private static let nameBytes = 180

    private let folder: Folder

    /// Opens the folder, making it where it is missing.
    ///
    /// - Throws: `FileError`.
    init(at path: FilePath) throws(FileError) {
        folder = try Folder.open(making: path)
    }

    /// Copies a refused file; a copy of the same content and name that is there already is left as it is.
    ///
    /// - Returns: The path of the copy.
    /// - Throws: `FileError`; `BundleError` when OpenSSL fails; `CancellationError`.
    func keep(_ record: IngestRecord, by program: String) throws -> String {
        let source = try record.item.open()
        let draft = ".ingest-\(record.startedAt.secondsSinceEpoch)\(UInt64.random(in: 0 ... .max)).partial"
        if try folder.status(of: draft) != nil { try folder.removeFile(draft) }
        let target = try folder.file(creating: draft)
        defer { _ = try? folder.removeFile(draft) }
        let size = try source.status().size
        try target.reserve(at: 0, count: size)
        let outcome = try DataPipeline().run(.file(source, at: 0), count: size, to: .file(target, at: 0))
        try target.sync()
        let name = "\(outcome.digest.hex.prefix(12))-\(Self.short(record.item.name))"
        if try folder.status(of: name) == nil { try folder.rename(draft, toNew: name, in: folder) }
        let reason = name + ".reason.json"
        if try folder.status(of: reason) == nil {
            let json: JSONValue = [
                "schemaVersion": 1, "sha256": .string(outcome.digest.hex), "size": .integer(outcome.count),
                "program": .string(program), "ingest": record.json,
            ]
            try folder.publish(json.prettyBytes, as: reason)
        }
        try folder.sync()
        return folder.path(of: name)
    }

    private static func short(_ name: String) -> String {
        var text = name.escapedForOneLine.replacingSlashes
        while text.utf8.count > nameBytes { text.removeFirst() }
        return text
    }
}

extension String {
    fileprivate var replacingSlashes: String { String(map { $0 == "/" ? "_" : $0 }) }
}
