// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import SystemPackage

/// What a list of names stands for: files as they were named, folders by the packages that lie in them.
///
/// A name that leads nowhere, is no text, or is a folder that cannot be listed is kept, so that it is told of and keeps
/// none of the others from being taken in.
struct IngestSources {
    private(set) var items: [IngestItem] = []
    /// The folders that were looked through.
    private(set) var folders: [FilePath] = []

    /// Looks at each name.
    ///
    /// - Parameter names: Paths as bytes.
    init(named names: [[UInt8]]) {
        for bytes in names {
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
        for entry in entries where entry.hasSuffix(Self.ending) {
            do throws(FileError) {
                guard try folder.status(of: entry)?.kind == .regular else { continue }
            } catch {
                // Opening it says why.
            }
            items.append(IngestItem(path: path.appending(entry), folder: folder))
        }
        for entry in others where entry.hasSuffix(Self.ending) {
            items.append(.unreadable(path.appending(entry), folder: folder))
        }
    }

    private static let ending = ".baimodel"
}
