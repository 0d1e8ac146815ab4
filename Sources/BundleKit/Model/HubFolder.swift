// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import SystemPackage

/// A repository's folder in the cache of Hugging Face: `models--owner--name` with `refs`, `snapshots` and `blobs`.
///
/// Source: huggingface_hub, "Understand caching".
struct HubFolder {
    private static let mainReference = "main"
    private static let maximumReferenceBytes = 256

    private let path: FilePath
    private let commits: [String]

    /// - Returns: `nil` for any other folder.
    /// - Throws: `FileError`.
    init?(at path: FilePath) throws {
        let name = try path.resolved().lastComponent?.string ?? ""
        guard name.hasPrefix("models--") else { return nil }
        let folder = try Folder.open(path)
        guard try folder.status(of: "snapshots")?.kind == .folder else { return nil }
        let snapshots = try folder.folder("snapshots")
        commits = try snapshots.names().filter { try snapshots.status(of: $0)?.kind == .folder }.sorted()
        self.path = path
    }

    /// The folder of a revision: a commit, or a name under `refs`; without one `main`, or the only commit there is.
    ///
    /// - Throws: `BundleError`, code `invalidRequest`, where there is none or a choice has to be made; `FileError`.
    func snapshot(_ revision: String?) throws -> FilePath {
        let commit =
            if let revision {
                commits.contains(revision) ? revision : try commit(of: revision)
            } else {
                try commit(of: Self.mainReference) ?? (commits.count == 1 ? commits[0] : nil)
            }
        guard let commit, commits.contains(commit) else {
            let shown = commits.prefix(20).map(\.escapedForOneLine).joined(separator: ", ")
            throw BundleError(
                .invalidRequest,
                "\(path.string.escapedForTerminal) has no revision \((revision ?? Self.mainReference).excerptForOneLine); "
                    + "its commits are: \(shown)",
                hint: "Choose one with --revision, or name its folder under snapshots.")
        }
        return path.appending("snapshots").appending(FilePath.Component(commit).map { [$0] } ?? [])
    }

    /// The commit that a name under `refs` stands for; `nil` where there is no such name.
    private func commit(of name: String) throws -> String? {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." && !$0.utf8.contains(0) }) else { return nil }
        var folder = try Folder.open(path)
        for part in ["refs"] + parts.dropLast() {
            guard try folder.status(of: part)?.kind == .folder else { return nil }
            folder = try folder.folder(part)
        }
        let last = parts[parts.count - 1]
        guard try folder.status(of: last)?.kind == .regular else { return nil }
        let bytes = try folder.file(reading: last).bytes(at: 0, count: Self.maximumReferenceBytes)
        let text = String(decoding: bytes, as: UTF8.self)
        return String(text.drop(while: \.isWhitespace).prefix { !$0.isWhitespace })
    }
}

/// What the downloader of Hugging Face notes in a folder that it fetches a repository into.
///
/// Source: huggingface_hub, `_local_folder.py`: `.cache/huggingface/download/FILE.metadata` has the commit first.
enum HubDownload {
    private static let place = [".cache", "huggingface", "download"]
    private static let commitDigits = 40

    /// The commit that every file was fetched at; `nil` where nothing is noted, or several are.
    ///
    /// - Throws: `FileError`.
    static func commit(of path: FilePath) throws(FileError) -> String? {
        var folder = try Folder.open(path)
        for part in place {
            guard try folder.status(of: part)?.kind == .folder else { return nil }
            folder = try folder.folder(part)
        }
        var commits: Set<String> = []
        for name in try folder.names().prefix(SourceFolder.maximumEntries) where name.hasSuffix(".metadata") {
            guard try folder.status(of: name)?.kind == .regular else { continue }
            let bytes = try folder.file(reading: name).bytes(at: 0, count: commitDigits + 1)
            guard bytes.count > commitDigits, bytes[commitDigits] == 0x0A,
                bytes.prefix(commitDigits).allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) })
            else { continue }
            commits.insert(String(decoding: bytes.prefix(commitDigits), as: UTF8.self))
        }
        return commits.count == 1 ? commits.first : nil
    }
}
