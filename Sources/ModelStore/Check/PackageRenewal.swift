// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import BundleKit

extension WritingHome {
    private static let link = "link"

    /// Makes those files of all packages anew that hold contents which were replaced among the blobs.
    ///
    /// Whoever has an old file open keeps it.
    ///
    /// - Parameters:
    ///   - digests: The contents.
    ///   - left: Versions that are left alone, as references.
    ///   - area: A folder of `staging/`.
    /// - Returns: The files, as `reference/path`.
    /// - Throws: `FileError`, `StoreError`.
    func renewFiles(of digests: Set<SHA256Digest>, but left: Set<String> = [], through area: Folder) throws -> [String]
    {
        guard !digests.isEmpty else { return [] }
        var renewed: [String] = []
        for name in try catalog.names() {
            guard let model = try ModelFolder(name, in: models) else { continue }
            for folderName in try model.versionFolders() where !left.contains("\(name):\(folderName)") {
                guard let version = try readable(folderName, of: model) else { continue }
                for file in version.receipt.files where digests.contains(file.sha256) {
                    let package = try version.folder.folder(making: StoreLayout.package)
                    try renew(file, in: package, through: area)
                    renewed.append("\(name):\(folderName)/\(file.path)")
                }
            }
        }
        return renewed
    }

    /// Makes a file of a package anew from its blob.
    ///
    /// - Throws: `FileError`, `StoreError`.
    func renew(_ file: StoredFile, in package: Folder, through area: Folder) throws {
        if try area.status(of: Self.link) != nil { try area.removeFile(Self.link) }
        try VersionBuilder(blobs: blobs).place(file, as: Self.link, in: area)
        let place = try package.place(making: file.path)
        // Two names of one file are left as they are by a rename.
        if try place.folder.status(of: place.name)?.isSameFile(as: area.status(of: Self.link)) == true {
            try area.removeFile(Self.link)
        } else {
            try area.rename(Self.link, to: place.name, in: place.folder)
        }
        try place.folder.sync()
    }

    /// A version; `nil` where its receipt, which says what belongs there, cannot be read.
    private func readable(_ folderName: String, of model: ModelFolder) throws -> VersionFolder? {
        do {
            return try VersionFolder(folderName, in: model)
        } catch is StoreError {
            return nil
        }
    }
}
