// SPDX-License-Identifier: Apache-2.0

package import BaigoCore
package import BundleKit
internal import Glibc

/// The verified files of a package before they are committed: nothing of them is visible in the store yet.
package struct StagedTree {
    private static let scan = "scan"
    private let area: StagingArea
    /// Every listed file.
    package let files: [PackageFile]

    init(_ files: [PackageFile], in area: StagingArea) {
        self.files = files
        self.area = area
    }

    /// Opens the content of a file.
    ///
    /// - Throws: `FileError`.
    package func open(_ file: PackageFile) throws(FileError) -> OwnedDescriptor { try area.content(file.sha256) }

    /// Lays files out under their names, for another program to read, while `body` runs.
    ///
    /// - Parameters:
    ///   - chosen: The files.
    ///   - body: Gets the absolute path of the folder.
    /// - Returns: What `body` returns.
    /// - Throws: `PolicyError`, code `scanner`, where a file was changed meanwhile; `FileError`; what `body` throws.
    package func withFolder<Value>(of chosen: [PackageFile], _ body: (String) throws -> Value) throws -> Value {
        let outer = area.folder
        if try outer.status(of: Self.scan) != nil { try outer.removeTree(Self.scan) }
        let root = try outer.folder(making: Self.scan)
        defer { try? outer.removeTree(Self.scan) }
        for file in chosen { try place(file, in: root) }
        let before = try chosen.map { try state(of: $0) }
        let value = try body(root.path)
        for (file, earlier) in zip(chosen, before) where try state(of: file) != earlier {
            throw PolicyError(
                .scanner, "\(file.path.escapedForOneLine) was changed while it was scanned",
                hint: "Use a scanner that only reads, then import again; baigo check finds damaged contents.")
        }
        return value
    }

    private func place(_ file: PackageFile, in root: Folder) throws {
        var parts = EntryName.parts(of: file.path)
        let name = parts.popLast() ?? ""
        let folder = try parts.reduce(root) { try $0.folder(making: $1) }
        let content = try area.place(of: file.sha256)
        do throws(FileError) {
            try content.folder.link(content.name, to: name, in: folder)
        } catch {
            guard ![.notFound, .noSpace, .readOnly, .exists].contains(error.code) else { throw error }
            try copy(file, as: name, in: folder)
        }
    }

    private func copy(_ file: PackageFile, as name: String, in folder: Folder) throws {
        let source = try open(file)
        let copy = try folder.file(creating: name, mode: 0o400)
        guard !copy.clone(source) else { return }
        _ = try DataPipeline().run(.file(source, at: 0), count: file.size, to: .file(copy, at: 0))
    }

    /// What changes with the content: size, and the times that nobody can set back.
    private func state(of file: PackageFile) throws -> [Int64] {
        let content = try open(file)
        var info = stat()
        guard fstat(content.raw, &info) == 0 else { throw FileError(.lastError, while: "look at", content.path) }
        return [
            Int64(info.st_size), Int64(info.st_ctim.tv_sec), Int64(info.st_ctim.tv_nsec), Int64(info.st_mtim.tv_sec),
            Int64(info.st_mtim.tv_nsec),
        ]
    }
}
