// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import BundleKit
internal import SystemPackage

extension WritingHome {
    static let trashPrefix = "trash-"

    /// Finishes or undoes what a command that died left behind.
    ///
    /// The last audit line tells what was under way; what was visible already is finished, everything else is undone.
    /// What an import has staged stays, for the same import to go on from there. What can be neither finished nor undone,
    /// since a file of that model cannot be read for example, ends as `interrupted`: it stands in nobody else's way.
    ///
    /// - Throws: `FileError`, `StoreError`; what stands against an update of keys and policy, before whose end nothing
    ///   may be judged.
    func recover() throws {
        let open = audit.openIntent
        let isTrustSettled = try settleTrust()
        var ending: Ending?
        var changed: [PackageName] = []
        if let open {
            if let name = open.event.model.flatMap({ try? ModelReference($0).name }) { changed.append(name) }
            do {
                ending = try settle(open, isTrustSettled: isTrustSettled)
            } catch let error as any PresentableError where !error.isNoSpace {
                ending = Ending(.interrupted, error: error.identifier)
            }
        }
        let isFinished = ending?.result != .undone && ending?.result != .interrupted
        let isKeeping = open?.event.operation == "import" && !isFinished && open?.event.details["adding"] == nil
        for name in try staging.namesAndOthers().names {
            let isSettled = name == open?.event.identity?.hex && !isKeeping
            try attempt {
                if SHA256Digest(hex: name) == nil || isSettled {
                    try discardStaging(name)
                } else {
                    try retreat(name)
                }
            }
        }
        try removeDrafts(of: open?.event.operation, changed)
        guard let open, let ending else { return }
        if !isShort { _ = publishIndex(changed: changed) }
        try audit.outcome(
            AuditEvent(
                open.event.operation, model: open.event.model, identity: open.event.identity, details: ending.details),
            ending.result, error: ending.error, of: AuditHead(sequence: open.sequence, digest: audit.head.digest))
    }

    /// How something ended whose command died.
    private struct Ending {
        let result: AuditLine.Result
        let error: String?
        let details: [String: JSONValue]

        init(_ result: AuditLine.Result, error: String? = nil, details: [String: JSONValue] = [:]) {
            self.result = result
            self.error = error
            self.details = details
        }
    }

    private func settle(_ open: AuditLine, isTrustSettled: Bool) throws -> Ending {
        switch open.event.operation {
        case "import" where open.event.details["adding"] == "signatures": Ending(try settleAddition(open))
        case "import": Ending(try settleImport(open))
        case "remove": try settleRemoval(open)
        case "store.move": Ending(open.event.details["to"]?.string == home.path.string ? .recovered : .undone)
        case "trust.update": Ending(try settleTrustUpdate(open, isFinished: isTrustSettled))
        case "activate", "rollback": Ending(try settleActivation(open))
        case let operation where operation.hasPrefix("engine."): Ending(try settleEngine(open))
        default: Ending(.interrupted)
        }
    }

    /// Cleans something up; what cannot be removed harms nothing that is visible, and the next writer tries again.
    private func attempt(_ body: () throws -> Void) throws {
        do { try body() } catch is any PresentableError {}
    }

    /// Removes the drafts of small files that the command which died was about to put in place.
    private func removeDrafts(of operation: String?, _ changed: [PackageName]) throws {
        try attempt { try root.removeDrafts() }
        guard operation != nil else { return }
        for name in changed {
            try attempt {
                guard let model = try ModelFolder(name, in: models) else { return }
                try model.folder.removeDrafts()
                for version in try model.versionFolders() where try model.folder.status(of: version)?.kind == .folder {
                    try attempt { try model.folder.folder(version).removeDrafts() }
                }
            }
        }
        try attempt {
            guard let quarantine = try home.folder(StoreLayout.quarantine, in: root) else { return }
            for name in try quarantine.names() where try quarantine.status(of: name)?.kind == .folder {
                try quarantine.folder(name).removeDrafts()
            }
        }
        try attempt {
            guard let trust = try home.folder(StoreLayout.trust, in: root) else { return }
            try trust.removeDrafts()
            if try trust.status(of: "keys")?.kind == .folder { try trust.folder("keys").removeDrafts() }
        }
    }

    /// Removes something from `staging`, with the blobs that came or stayed only for its sake.
    ///
    /// - Throws: `FileError`.
    func discardStaging(_ name: String) throws {
        guard let status = try staging.status(of: name) else { return }
        guard status.kind == .folder else {
            try staging.removeFile(name)
            return
        }
        let folder = try staging.folder(name)
        var digests: Set<SHA256Digest> = []
        if name.hasPrefix(Self.trashPrefix) {
            for version in try folder.names() {
                // A receipt that is gone or damaged names no blobs; a later collection finds them.
                if let receipt = try? Receipt(in: try folder.folder(version)) {
                    digests.formUnion(receipt.files.map(\.sha256))
                }
            }
        } else if let journal = try? CommitJournal(in: folder) {
            digests.formUnion(journal.digests)
        }
        _ = try removeUnreachable(of: digests)
        try staging.removeTree(name)
        try staging.sync()
    }

    /// Takes an import that did not come to its end back to what it had staged.
    ///
    /// What it had moved among the blobs is staged again; the journal, which names that, goes last.
    ///
    /// - Throws: `FileError`.
    func retreat(_ name: String) throws {
        guard let status = try staging.status(of: name), status.kind == .folder else {
            return try discardStaging(name)
        }
        let area = try staging.folder(name)
        if try area.status(of: StagingArea.files)?.kind != .folder { return try discardStaging(name) }
        let files = try area.folder(StagingArea.files)
        if let journal = try? CommitJournal(in: area), let reachable = try catalog.reachableDigestsIfKnown() {
            for digest in Set(journal.digests).subtracting(reachable).sorted() {
                try blobs.release(digest, to: files)
            }
            try files.sync()
        }
        if try files.names().isEmpty { return try discardStaging(name) }
        for entry in try area.names() where ![StagingArea.files, StagingArea.note].contains(entry) {
            if try area.status(of: entry)?.kind == .folder {
                try area.removeTree(entry)
            } else {
                try area.removeFile(entry)
            }
        }
        try area.sync()
        try staging.sync()
    }

    /// Removes those blobs that no version needs.
    ///
    /// - Returns: What was removed, with its size.
    /// - Throws: `FileError`.
    @discardableResult
    func removeUnreachable(of digests: Set<SHA256Digest>) throws -> [(digest: SHA256Digest, size: ByteCount)] {
        guard !digests.isEmpty, let reachable = try catalog.reachableDigestsIfKnown() else { return [] }
        return try digests.subtracting(reachable).sorted().map { ($0, try blobs.remove($0)) }
    }

    private func settleImport(_ open: AuditLine) throws -> AuditLine.Result {
        guard let version = try version(of: open), version.version.receipt.audit.sequence == open.sequence else {
            return .undone
        }
        if open.event.details["activate"] == true {
            try version.model.activate(
                version.version.receipt.version, version.version.receipt.identity,
                audit: AuditHead(sequence: open.sequence, digest: audit.head.digest), at: context.clock(),
                context: context)
        }
        return .recovered
    }

    private func settleActivation(_ open: AuditLine) throws -> AuditLine.Result {
        guard let (model, version) = try version(of: open) else { return .interrupted }
        let name = StoreLayout.folderName(version.receipt.version, version.receipt.identity)
        return try model.retractActivation(announcedBy: open.sequence, of: name) ? .undone : .recovered
    }

    private func settleAddition(_ open: AuditLine) throws -> AuditLine.Result {
        guard let version = try version(of: open)?.version else { return .undone }
        let name = PackageEntryName.signature
        let package = try version.folder.folder(StoreLayout.package)
        let listed = version.receipt.files.first { $0.path == name }
        let present = try package.status(of: name) == nil ? nil : SHA256Digest(of: try package.bytes(of: name))
        if listed?.sha256 == present { return .recovered }
        if let listed {
            let draft = ".\(name).restored"
            if try package.status(of: draft) != nil { try package.removeFile(draft) }
            try VersionBuilder(blobs: blobs).place(listed, as: draft, in: package)
            try package.rename(draft, to: name)
        } else {
            try package.removeFile(name)
        }
        try package.sync()
        return .undone
    }

    /// What was moved away is gone, what was not stays.
    private func settleRemoval(_ open: AuditLine) throws -> Ending {
        guard let text = open.event.model, let name = try? ModelReference(text).name else {
            return Ending(.interrupted)
        }
        let wanted = (open.event.details["folders"]?.array ?? []).compactMap(\.string)
        let model = try ModelFolder(name, in: models)
        let left = try model?.versionFolders() ?? []
        if let model { try model.forget(model.traces(), left: left, in: models) }
        let gone = wanted.filter { !left.contains($0) }
        guard !gone.isEmpty else { return Ending(.undone) }
        return Ending(.recovered, details: ["folders": .array(gone.map(JSONValue.string))])
    }

    private func version(of open: AuditLine) throws -> (model: ModelFolder, version: VersionFolder)? {
        guard let identity = open.event.identity, let text = open.event.model else { return nil }
        let reference = try ModelReference(text)
        guard let number = reference.version, let model = try ModelFolder(reference.name, in: models),
            let version = try VersionFolder(StoreLayout.folderName(number, identity), in: model),
            version.receipt.identity == identity
        else { return nil }
        return (model, version)
    }
}
