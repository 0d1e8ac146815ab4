// SPDX-License-Identifier: Apache-2.0

package import BaigoCore
internal import BundleKit

/// What a removal did.
package struct RemovalResult: Sendable {
    /// The versions that are gone.
    package let versions: [StoredVersion]
    /// Versions that were not there any more, and whose loss is acknowledged now.
    package internal(set) var lost: [LostVersion] = []
    /// Whether nothing of the model is left.
    package let isModelGone: Bool
    /// Number of blobs that no version needed any more.
    package let removedBlobs: Int
    /// Bytes of these blobs.
    package let freed: ByteCount
    package let warnings: [Warning]
    /// The outcome's line.
    package let audit: AuditHead
}

/// The removal of versions of one model under the store's lock.
struct Removal {
    let writing: WritingHome
    let model: ModelFolder
    /// The versions to remove, as far as they can be read.
    let versions: [StoredVersion]
    /// The names of the folders of all versions to remove, damaged ones too.
    let folders: [String]

    /// Moves the versions out of sight and then deletes them, with the blobs that only they needed.
    ///
    /// - Throws: `FileError`, `StoreError`.
    func run() throws -> RemovalResult {
        let event = AuditEvent(
            "remove", model: folders.count == 1 ? "\(model.name):\(folders[0])" : model.name.description,
            identity: folders.count == 1 ? versions.first?.identity : nil,
            details: ["folders": .array(folders.map(JSONValue.string))])
        let intent = try writing.audit.intent(event)
        let trashName = WritingHome.trashPrefix + String(intent.sequence)
        let trash = try writing.staging.folder(making: trashName)
        try writing.staging.sync()
        var digests: Set<SHA256Digest> = []
        for folder in folders {
            // A receipt that is damaged names no blobs; a later collection finds them.
            if let version = try? VersionFolder(folder, in: model) {
                digests.formUnion(version.receipt.files.map(\.sha256))
            }
            try model.folder.rename(folder, to: folder, in: trash)
        }
        try model.folder.sync()
        try trash.sync()
        let isModelGone = try model.settleRemoval(in: writing.models)
        let removed = try writing.removeUnreachable(of: digests)
        try writing.discardStaging(trashName)
        var warnings: [Warning] = []
        if let fault = writing.publishIndex(changed: [model.name]) { warnings.append(fault.asWarning) }
        let freed = ByteCount(removed.reduce(0) { $0 + $1.size.bytes })
        let done = AuditEvent(
            event.operation, model: event.model, identity: event.identity,
            details: ["blobs": .integer(Int64(removed.count)), "bytes": .integer(freed.bytes)])
        let audit = try writing.audit.outcome(done, .done, of: intent)
        return RemovalResult(
            versions: versions, isModelGone: isModelGone, removedBlobs: removed.count, freed: freed,
            warnings: warnings, audit: audit)
    }
}

extension ModelFolder {
    /// Removes the folder of a model that has no version left, and its publisher's folder if that is empty then.
    ///
    /// - Throws: `FileError`.
    func retire(in models: Folder) throws(FileError) {
        let publisher = name.publisher ?? StoreLayout.noPublisher
        let outer = try models.folder(publisher)
        try outer.removeTree(name.model)
        try outer.sync()
        guard try outer.names().isEmpty else { return }
        try models.removeTree(publisher)
        try models.sync()
    }
}
