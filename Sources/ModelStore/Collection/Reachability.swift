// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import BundleKit

extension Catalog {
    /// Refuses to tell what is needed while something under `models/` is not understood: it may need anything.
    ///
    /// Hidden files, which writes that were cut short leave, need nothing.
    ///
    /// - Throws: `StoreError`, code `damaged`, naming the first such thing; `FileError`.
    func checkEverythingIsUnderstood() throws {
        for publisher in try models.names() {
            guard let outer = try folder(publisher, in: models) else { continue }
            for model in try outer.names() {
                guard let inner = try folder(model, in: outer) else { continue }
                let text = publisher == StoreLayout.noPublisher ? model : "\(publisher)/\(model)"
                do throws(BundleError) {
                    _ = try PackageName(validating: text)
                } catch {
                    throw unknown(inner.path)
                }
                for version in try inner.names()
                where ![StoreLayout.active, StoreLayout.history].contains(version) {
                    guard try folder(version, in: inner) != nil else { continue }
                    guard version.contains("~"), !version.hasPrefix(".") else {
                        throw unknown(inner.path(of: version))
                    }
                }
            }
        }
        for name in try names() {
            guard let model = try ModelFolder(name, in: models) else { continue }
            for folder in try model.versionFolders() {
                _ = try VersionFolder(folder, in: model)?.manifest()
            }
        }
    }

    /// A folder; `nil` for a hidden file.
    private func folder(_ name: String, in outer: Folder) throws -> Folder? {
        guard let status = try outer.status(of: name) else { return nil }
        if status.kind == .folder, !name.hasPrefix(".") { return try outer.folder(name) }
        guard status.kind == .regular, name.hasPrefix(".") else { throw unknown(outer.path(of: name)) }
        return nil
    }

    private func unknown(_ path: String) -> StoreError {
        StoreError(
            .damaged, "\(path.escapedForOneLine) is nothing that baigo puts there, and may need any content",
            hint: "Move it out of models/, or remove it; until then nothing is collected.")
    }
}
