// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import Glibc
internal import SystemPackage

/// Small files of the system, below a folder that stands for the root.
///
/// Whatever is missing or may not be read is simply not there: this host then has no such device for this user.
struct SystemFiles {
    private static let maximumBytes = 1 << 20
    private let root: FilePath

    init(root: FilePath) { self.root = root }

    /// The text of a file without blanks around it; `nil` where there is none.
    func text(_ path: String) -> String? {
        do throws(FileError) {
            let bytes = try OwnedDescriptor.open(reading: place(path)).bytes(at: 0, count: Self.maximumBytes)
            let text = String(decoding: bytes, as: UTF8.self)
            let start = text.drop { $0.isWhitespace }
            let end = start.lastIndex { !$0.isWhitespace }
            return end.map { String(start[...$0]) } ?? ""
        } catch {
            return nil
        }
    }

    /// The names in a folder; none where there is no such folder.
    func names(_ path: String) -> [String] {
        do throws(FileError) { return try Folder.open(place(path)).names() } catch { return [] }
    }

    /// Whether something is there; links are followed.
    func exists(_ path: String) -> Bool { place(path).withPlatformString { access($0, F_OK) == 0 } }

    /// Whether a library is in one of the folders that the dynamic linker knows on Linux.
    func hasLibrary(_ name: String) -> Bool {
        let folders = [
            "usr/lib/x86_64-linux-gnu", "usr/lib/aarch64-linux-gnu", "lib/x86_64-linux-gnu", "lib/aarch64-linux-gnu",
            "usr/lib64", "usr/lib", "usr/local/lib", "usr/local/nvidia/lib64", "opt/rocm/lib",
        ]
        return folders.contains { exists("\($0)/\(name)") }
    }

    private func place(_ path: String) -> FilePath { root.appending(path) }
}
