// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import BundleKit

/// The removal of versions that are lost: all that is left of them are lines in the audit log, and gets its end there.
struct LossRemoval {
    let writing: WritingHome

    /// Writes down that lost versions are removed.
    ///
    /// - Parameters:
    ///   - reference: A version, or a bare name.
    ///   - isAll: Whether a bare name may stand for several versions.
    /// - Returns: `nil` where the reference names nothing that is lost.
    /// - Throws: `StoreError`: `ambiguous`, `severalVersions`; `FileError`.
    func run(_ reference: ModelReference, all isAll: Bool) throws -> RemovalResult? {
        let lost = try LostVersion.all(in: writing.root, models: writing.models).filter { $0.fits(reference) }
        guard let name = lost.first?.name else { return nil }
        let list = lost.prefix(8).map(\.reference).joined(separator: ", ") + (lost.count > 8 ? ", …" : "")
        guard lost.allSatisfy({ $0.name == name }), lost.count == 1 || reference.version == nil else {
            throw StoreError(
                .ambiguous, "\(reference) fits several lost versions: \(list)",
                hint: "Name one, with its publisher and digits of its identity.")
        }
        guard lost.count == 1 || isAll else {
            throw StoreError(
                .severalVersions, "\(name) has lost \(lost.count) versions: \(list)",
                hint: "Name one, or use --all to remove them all.")
        }
        let event = AuditEvent(
            "remove", model: lost.count == 1 ? lost[0].reference : name.description,
            details: ["folders": .array(lost.map { .string($0.folderName) }), "lost": true])
        let intent = try writing.audit.intent(event)
        var isModelGone = true
        if let model = try ModelFolder(name, in: writing.models) {
            let left = try model.versionFolders()
            try model.forget(model.traces(), left: left, in: writing.models)
            isModelGone = left.isEmpty
        }
        let fault = writing.publishIndex(changed: [name])
        let audit = try writing.audit.outcome(event, .done, of: intent)
        return RemovalResult(
            versions: [], unreadable: [], lost: lost, isModelGone: isModelGone, removedBlobs: 0, freed: ByteCount(0),
            warnings: [fault?.asWarning].compactMap(\.self), audit: audit)
    }
}

extension LostVersion {
    /// Whether a reference stands for this version.
    func fits(_ reference: ModelReference) -> Bool {
        let isName = reference.name == name || (reference.name.publisher == nil && reference.name.model == name.model)
        guard isName, let version = reference.version else { return isName }
        return folderName.hasPrefix("\(version)~\(reference.identityPrefix?.prefix(StoreLayout.identityDigits) ?? "")")
    }
}

extension ModelStore {
    /// The lost versions that a reference stands for.
    ///
    /// - Throws: `FileError`, `StoreError`.
    package func lostVersions(_ reference: ModelReference) throws -> [LostVersion] {
        guard let (root, _) = try home.reading() else { return [] }
        return try LostVersion.all(in: root, models: home.folder(StoreLayout.models, in: root))
            .filter { $0.fits(reference) }
    }
}
