// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import BundleKit
internal import Glibc

/// Makes a folder of plain files like another one.
struct TreeCopy {
    private static let maximumDepth = 64
    private static let draft = ".copy.partial"

    /// Makes `name` of `target` like that of `source`; files of equal size and bytes are left alone.
    ///
    /// - Throws: `FileError`, code `wrongType`, for a link or another thing that no store holds; `CancellationError`.
    static func run(_ name: String, of source: Folder, to target: Folder, depth: Int = 0) throws {
        guard let status = try source.status(of: name) else { return }
        switch status.kind {
        case .regular: try file(name, of: source, to: target)
        case .folder where depth < maximumDepth:
            let from = try source.folder(name)
            let to = try target.folder(making: name)
            for entry in try from.names() { try run(entry, of: from, to: to, depth: depth + 1) }
            let wanted = Set(try from.names())
            for extra in try to.names() where !wanted.contains(extra) {
                if try to.status(of: extra)?.kind == .folder {
                    try to.removeTree(extra)
                } else {
                    try to.removeFile(extra)
                }
            }
            guard fchmod(to.raw, status.mode & 0o2755) == 0 else {
                throw FileError(.lastError, while: "protect", to.path)
            }
            try to.sync()
        case .folder, .link, .pipe, .other:
            throw FileError(
                .wrongType, "\(source.path(of: name).escapedForOneLine) is neither a file nor a folder",
                hint: "Remove it, or move it out of the store.")
        }
    }

    private static func file(_ name: String, of source: Folder, to target: Folder) throws {
        let from = try source.file(reading: name)
        let status = try from.status()
        if let present = try target.status(of: name), present.kind == .regular, present.size == status.size {
            let same = try DataPipeline().run(.file(try target.file(reading: name), at: 0), count: status.size)
            if same.digest == (try DataPipeline().run(.file(from, at: 0), count: status.size)).digest { return }
        }
        if try target.status(of: draft) != nil { try target.removeFile(draft) }
        let to = try target.file(creating: draft)
        let outcome = try DataPipeline().run(.file(from, at: 0), count: status.size, to: .file(to, at: 0))
        guard outcome.count == status.size, fchmod(to.raw, status.mode & 0o755) == 0 else {
            throw FileError(.inputOutput, "\(from.path.escapedForOneLine) changed while it was copied")
        }
        try to.sync()
        try target.rename(draft, to: name)
        try target.sync()
    }
}
