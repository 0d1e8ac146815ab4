// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import Glibc
internal import SystemPackage

/// A folder for gpg of this object alone, on a short path of mode 0700, removed with it.
final class GPGHome: Sendable {
    let path: String
    let folder: Folder
    private let parent: Folder
    private let name: String

    /// Makes the folder.
    ///
    /// - Parameters:
    ///   - places: Where it may stand; the first that can be written is taken.
    ///   - prefix: What its name starts with.
    /// - Throws: `FileError` where none of the places can be written.
    init(in places: [String] = ["/tmp", "/var/tmp", "/dev/shm"], prefix: String = "bg-") throws(FileError) {
        let (place, made) = try Self.made(in: places.map { FilePath($0) }, prefix)
        path = made.string
        name = made.lastComponent?.string ?? ""
        parent = try Folder.open(place)
        folder = try parent.folder(name)
    }

    private static func made(
        in places: [FilePath], _ prefix: String
    ) throws(FileError) -> (place: FilePath, path: FilePath) {
        var failure = FileError(.notFound, "there is no place for a temporary folder")
        for place in places {
            do throws(FileError) { return (place, try Folder.makeTemporary(in: place, prefix: prefix)) } catch {
                failure = error
            }
        }
        throw failure
    }

    deinit {
        // An agent that ends removes files of its own meanwhile, and a name that is gone ends a removal. What cannot be
        // removed at all is a folder that only its owner can read.
        for _ in 1...Self.attempts {
            do throws(FileError) {
                guard try parent.status(of: name) != nil else { return }
                try parent.removeTree(name)
                return
            } catch {
                usleep(Self.patience)
            }
        }
    }

    private static let attempts = 50
    /// Microseconds between two attempts.
    private static let patience: UInt32 = 20_000
}
