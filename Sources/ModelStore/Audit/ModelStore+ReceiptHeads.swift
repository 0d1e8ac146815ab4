// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore

extension ModelStore {
    /// The lines of the audit log that receipts name; a receipt that cannot be read names none.
    ///
    /// - Returns: What the log has to contain.
    /// - Throws: `FileError`; `StoreError`, as `open(home:context:)`; `CancellationError`.
    package func receiptHeads() throws -> Set<AuditHead> {
        guard let (root, _) = try home.reading(), let models = try home.folder(StoreLayout.models, in: root) else {
            return []
        }
        let names = try Catalog(models: models, root: root).readableNames().names
        let heads = try Parallel.map(names, isCancellable: true) { name -> [AuditHead] in
            guard let model = try? ModelFolder(name, in: models) else { return [] }
            return try model.versionFolders().compactMap { try? VersionFolder($0, in: model)?.receipt.audit }
        }
        return Set(heads.joined())
    }
}
