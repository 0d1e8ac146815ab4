// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore

extension ModelFolder {
    /// The names of the folders of pinned versions; lines that name none are of no account.
    ///
    /// - Throws: `FileError`; `StoreError`, code `damaged`, for what is no text or has no end.
    func pinned() throws -> Set<String> {
        guard let bytes = try folder.bytesIfPresent(of: StoreLayout.pinned) else { return [] }
        guard let text = String(validating: bytes, as: UTF8.self), text.isEmpty || text.hasSuffix("\n") else {
            throw StoreError.damagedFile(folder.path(of: StoreLayout.pinned), "is no text, or was cut off")
        }
        return Set(text.split(separator: "\n").map(String.init))
    }

    /// Pins these versions and no others.
    ///
    /// - Throws: `FileError`.
    func pin(_ folders: Set<String>) throws(FileError) {
        if folders.isEmpty {
            guard try folder.status(of: StoreLayout.pinned) != nil else { return }
            try folder.removeFile(StoreLayout.pinned)
            try folder.sync()
        } else {
            let lines = folders.sorted { $0.precedesBytewise($1) }.map { $0 + "\n" }
            try folder.publish(Array(lines.joined().utf8), as: StoreLayout.pinned)
        }
    }

}
