// SPDX-License-Identifier: Apache-2.0

package import BaigoCore
internal import BundleKit

/// What a removal did.
package struct RemovalResult: Sendable {
    /// The versions that are gone, as far as they could be read.
    package let versions: [StoredVersion]
    /// The others, as `name:version~identity`.
    package let unreadable: [String]
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
    /// What may fail to be read is read before anything is moved.
    ///
    /// - Throws: `FileError`, `StoreError`.
    func run() throws -> RemovalResult {
        let left = try model.versionFolders().filter { !folders.contains($0) }
        let traces = model.traces()
        var digests: Set<SHA256Digest> = []
        for folder in folders {
            // A receipt that is damaged names no blobs; a later collection finds them.
            if let version = try? VersionFolder(folder, in: model) {
                digests.formUnion(version.receipt.files.map(\.sha256))
            }
        }
        let departure = Departure(name: model.name, folders: Set(folders), isWhole: left.isEmpty)
        let needed = digests.isEmpty ? [] : try writing.catalog.reachableDigestsIfKnown(without: departure)

        let event = AuditEvent(
            "remove", model: subject, identity: folders.count == 1 ? versions.first?.identity : nil,
            details: ["folders": .array(folders.map(JSONValue.string))])
        let intent = try writing.announce(freeing: event)
        let trashName = WritingHome.trashPrefix + String(intent.sequence)
        let trash = try writing.staging.folder(making: trashName)
        try writing.staging.sync()
        for folder in folders { try model.folder.rename(folder, to: folder, in: trash) }
        try model.folder.sync()
        try trash.sync()
        try model.forget(traces, left: left, in: writing.models)
        let unneeded = needed.map { digests.subtracting($0).sorted() } ?? []
        let removed = try unneeded.map { try writing.blobs.remove($0).bytes }
        let strange = left.isEmpty ? try model.others().strange : []
        try writing.staging.removeTree(trashName)
        try writing.staging.sync()
        var warnings = leftovers(isUnknown: needed == nil)
        warnings += strange.map { stranger in
            let path = model.folder.path(of: stranger).escapedForOneLine
            return Warning(
                identifier: StoreError.Code.damaged.rawValue,
                message: "\(path) is nothing that baigo puts there, and stays")
        }
        if let fault = writing.publishIndex(changed: [model.name]) { warnings.append(fault.asWarning) }
        let freed = ByteCount(removed.clampedSum)
        let done = AuditEvent(
            event.operation, model: event.model, identity: event.identity,
            details: ["blobs": .integer(Int64(removed.count)), "bytes": .integer(freed.bytes)])
        let audit = try writing.audit.outcome(done, .done, of: intent)
        return RemovalResult(
            versions: versions, unreadable: unreadable.map { "\(model.name):\($0)" }, isModelGone: left.isEmpty,
            removedBlobs: removed.count, freed: freed, warnings: warnings, audit: audit)
    }

    /// What the audit log says is removed: a version, if it is only one and its folder is named as baigo does.
    private var subject: String {
        let reference = "\(model.name):\(folders.first ?? "")"
        return folders.count == 1 && (try? ModelReference(reference)) != nil ? reference : model.name.description
    }

    /// The folders of versions that could not be read.
    private var unreadable: [String] {
        let read = Set(versions.map(\.folderName))
        return folders.filter { !read.contains($0) }
    }

    /// Contents that nothing may need any more, and that stay.
    private func leftovers(isUnknown: Bool) -> [Warning] {
        guard isUnknown || !unreadable.isEmpty else { return [] }
        let reason =
            isUnknown
            ? "other versions are lost or cannot be read, and may need them; see baigo check, then run baigo gc"
            : "what could not be read does not name them; baigo gc removes them"
        return [
            Warning(
                identifier: StoreError.Code.damaged.rawValue,
                message: "contents of \(subject) may be left over: \(reason)")
        ]
    }
}

extension ModelFolder {
    /// What is in a model's folder beside versions: its own files, with the drafts of such, and what is nothing of a model.
    ///
    /// - Throws: `FileError`.
    func others() throws(FileError) -> (own: [String], strange: [String]) {
        let (names, odd) = try folder.namesAndOthers()
        var found: (own: [String], strange: [String]) = ([], odd)
        for name in names where name.hasPrefix(".") || !name.contains("~") {
            let kind = try folder.status(of: name)?.kind
            if (name.hasPrefix(".") && kind == .regular) || StoreLayout.isModelFile(name) {
                found.own.append(name)
            } else {
                found.strange.append(name)
            }
        }
        return found
    }

    /// What names versions of a model beside their folders.
    struct Traces {
        let active: String?
        let pinned: Set<String>
    }

    /// What names versions beside their folders; a file that cannot be read names none.
    func traces() -> Traces {
        Traces(active: (try? namedActive()) ?? nil, pinned: (try? pinned()) ?? [])
    }

    /// Takes the names of versions that are gone away, so that one that comes again is neither active nor pinned by what
    /// was before, and the folder with the last of them.
    ///
    /// - Parameters:
    ///   - traces: What named them.
    ///   - left: The folders of the versions that stay.
    ///   - models: The folder of all models.
    /// - Throws: `FileError`.
    func forget(_ traces: Traces, left: [String], in models: Folder) throws {
        if let active = traces.active, !left.contains(active) { try deactivate() }
        guard !left.isEmpty else { return try retire(in: models) }
        let kept = traces.pinned.intersection(left)
        if kept != traces.pinned { try pin(kept) }
    }

    /// Removes the folder of a model that has no version left, and its publisher's folder if that is empty then; what is
    /// no file of a model stays there, with the folder.
    ///
    /// - Throws: `FileError`.
    func retire(in models: Folder) throws(FileError) {
        let publisher = name.publisher ?? StoreLayout.noPublisher
        let outer = try models.folder(publisher)
        let (own, strange) = try others()
        for name in own {
            if try folder.status(of: name)?.kind == .folder {
                try folder.removeTree(name)
            } else {
                try folder.removeFile(name)
            }
        }
        guard strange.isEmpty else { return try folder.sync() }
        try outer.removeTree(name.model)
        try outer.sync()
        guard try outer.names().isEmpty else { return }
        try models.removeTree(publisher)
        try models.sync()
    }
}
