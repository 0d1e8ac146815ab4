// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import BundleKit

extension Catalog {
    /// A name, and when its folder was changed last; no time where there is no such folder any more.
    private typealias Stamped = (name: PackageName, stamp: Int64?)

    private enum Half {
        case index(IndexSnapshot?)
        case folders([Stamped])
    }

    /// All models by name, from the index as far as that is as new as the plain files.
    ///
    /// A model whose folder changed after the index was made, by hand or by a command that died, is read itself. Index
    /// and folders are looked at side by side: whichever is older, what differs is read again.
    ///
    /// - Throws: `FileError`; damaged versions are collected instead.
    func all() throws -> [(name: PackageName, reading: Reading)] {
        var snapshot: IndexSnapshot?
        var folders: [Stamped] = []
        let halves = try Parallel.map([true, false]) { isIndex -> Half in
            isIndex ? .index(IndexSnapshot(in: root)) : .folders(try stamps())
        }
        for half in halves {
            switch half {
            case .index(let found): snapshot = found
            case .folders(let found): folders = found
            }
        }
        return try folders.map { name, stamp in
            if let stamp, let entry = snapshot?.entries[name.description], entry.stamp == stamp {
                return (name, Reading(versions: entry.versions))
            }
            return (name, try versions(of: name))
        }
    }

    private func stamps() throws -> [Stamped] {
        var publishers: [String: Folder] = [:]
        return try names().map { name in
            let publisher = name.publisher ?? StoreLayout.noPublisher
            do throws(FileError) {
                let folder: Folder
                if let known = publishers[publisher] {
                    folder = known
                } else {
                    folder = try models.folder(publisher)
                    publishers[publisher] = folder
                }
                return (name, try folder.status(of: name.model)?.modifiedNanoseconds)
            } catch {
                if error.code == .notFound { return (name, nil) }
                throw error
            }
        }
    }
}
