// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import Glibc
internal import SystemPackage

/// What a list of names stands for: files as they were named, folders by the packages that lie in them.
///
/// A name that leads nowhere, is no text, or is a folder that cannot be listed is kept, so that it is told of and keeps
/// none of the others from being taken in.
struct IngestSources {
    private(set) var items: [IngestItem] = []
    /// The folders that were looked through.
    private(set) var folders: [FilePath] = []
    /// What is called like a package in such a folder, and is none.
    private(set) var leftOut: [Warning] = []

    /// Looks at each name.
    ///
    /// - Parameter names: Paths as bytes.
    init(named names: [[UInt8]]) {
        for bytes in names {
            guard bytes.count < PATH_MAX else {
                items.append(.overlong(bytes))
                continue
            }
            let path = FilePath(String(decoding: bytes, as: UTF8.self))
            guard String(validating: bytes, as: UTF8.self) != nil else {
                items.append(.unreadable(path))
                continue
            }
            guard let status = try? FileStatus.of(path), status.kind == .folder else {
                items.append(IngestItem(path: path))
                continue
            }
            do throws(FileError) {
                try addPackages(of: path)
                folders.append(path)
            } catch {
                items.append(IngestItem(path: path, fault: error))
            }
        }
    }

    private mutating func addPackages(of path: FilePath) throws(FileError) {
        let folder = try Folder.open(path)
        let (entries, others) = try folder.namesAndOthers()
        for entry in entries where Self.isPackage(entry) {
            do throws(FileError) {
                // Nothing is there any more where it was removed meanwhile.
                guard let kind = try folder.status(of: entry)?.kind else { continue }
                guard kind == .regular else {
                    leftOut.append(Self.leavingOut(folder.path(of: entry), kind))
                    continue
                }
            } catch {
                // Opening it says why.
            }
            items.append(IngestItem(path: path.appending(entry), folder: folder))
        }
        for entry in others where Self.isPackage(entry) {
            items.append(.unreadable(path.appending(entry), folder: folder))
        }
    }

    private static func leavingOut(_ path: String, _ kind: FileStatus.Kind) -> Warning {
        let what =
            switch kind {
            case .link: "a link"
            case .folder: "a folder"
            case .regular, .pipe, .other: "no regular file"
            }
        return Warning(
            identifier: "ingest.left-out", message: "\(path.escapedForOneLine) is \(what), and was left out")
    }

    /// Whether a name ends as those of packages do, in whatever case a medium keeps letters.
    private static func isPackage(_ name: String) -> Bool {
        name.utf8.suffix(ending.utf8.count).elementsEqual(ending.utf8) { byte, wanted in
            byte == wanted || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) && byte | 0x20 == wanted
        }
    }

    private static let ending = ".baimodel"
}
