// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import BundleKit

/// One look at everything under `models/` and `blobs/`; nothing is changed and nobody waits.
struct StoreCheck {
    /// A version as far as it can be read.
    private struct Found {
        let name: PackageName
        let folderName: String
        var faults: [Warning] = []
        var files: [StoredFile] = []
        var tree: VersionTree?
        /// What the receipt says of the audit log.
        var audit: AuditHead?

        var reference: String { "\(name):\(folderName)" }
    }

    /// A file of a `package/` that shares nothing with its blob and is hashed by itself.
    private struct Copy {
        let version: Int
        let file: StoredFile
    }

    let catalog: Catalog
    let blobs: BlobStore?
    /// Contents that need not be hashed again.
    let known: Set<SHA256Digest>

    private var found: [Found] = []
    private var report = CheckReport()

    /// Prepares a look.
    init(catalog: Catalog, blobs: BlobStore?, known: Set<SHA256Digest> = []) {
        self.catalog = catalog
        self.blobs = blobs
        self.known = known
    }

    /// The lines of the audit log that the receipts which were read name.
    var auditHeads: Set<AuditHead> { Set(found.compactMap(\.audit)) }

    /// Looks at some models and what they need, or at all of them and every blob.
    ///
    /// - Throws: `FileError`; `CancellationError`.
    mutating func run(
        _ names: [PackageName], onlyVersion folderName: String? = nil, allBlobs: Bool, progress: any ProgressObserver
    ) throws -> CheckReport {
        let check = self
        let looks = try Parallel.map(names, isCancellable: true) { try check.read($0, only: folderName) }
        found = looks.flatMap(\.versions)
        report.problems += looks.flatMap(\.problems)
        var sizes: [SHA256Digest: Int64] = [:]
        var needed: [SHA256Digest: [String]] = [:]
        for version in found {
            for file in version.files {
                sizes[file.sha256] = file.size
                if needed[file.sha256]?.last != version.reference {
                    needed[file.sha256, default: []].append(version.reference)
                }
            }
        }
        var digests = Set(needed.keys)
        if allBlobs { digests.formUnion(try present()) }
        try hash(digests.sorted(), sizes: sizes, needed: needed, progress: progress)
        report.checkedVersions = found.count
        return report
    }

    /// The blobs that are there.
    private mutating func present() throws -> [SHA256Digest] {
        do throws(FileError) {
            guard let contents = try blobs?.contents() else { return [] }
            report.notes += contents.strays.map {
                Warning(identifier: "store.stray", message: "\($0.escapedForOneLine) is no blob")
            }
            return contents.digests
        } catch {
            if error.isOfThisHost { throw error }
            report.problems.append(error.asWarning)
            return []
        }
    }

    private func read(_ name: PackageName, only wanted: String?) throws -> (versions: [Found], problems: [Warning]) {
        do {
            guard let model = try ModelFolder(name, in: catalog.models) else { return ([], []) }
            var versions: [Found] = []
            for folder in try model.versionFolders() where wanted == nil || wanted == folder {
                var version = Found(name: name, folderName: folder)
                do {
                    let read: Void? = try model.read(folder) { found in
                        version = Found(name: name, folderName: folder)
                        try inspect(&version, found)
                    }
                    guard read != nil else { continue }
                } catch let error as any PresentableError {
                    if error.isOfThisHost { throw error }
                    version.faults.append(error.asWarning)
                }
                versions.append(version)
            }
            return (versions, try problems(of: model))
        } catch let error as FileError where error.code == .notFound {
            // The model was removed meanwhile.
            return ([], [])
        } catch let error as any PresentableError {
            if error.isOfThisHost { throw error }
            return ([], [error.asWarning])
        }
    }

    /// What is wrong beside the versions of a model.
    private func problems(of model: ModelFolder) throws -> [Warning] {
        var finder = FaultFinder()
        try finder.look {
            if let active = try model.recordedActive(), try model.folder.status(of: active) == nil,
                try !isBeingRemoved(from: model), try model.recordedActive() == active
            {
                throw StoreError.damagedFile(
                    model.folder.path(of: StoreLayout.active), "names a version that is not there")
            }
        }
        try finder.look {
            let history = try model.history()
            if let index = history.firstIndex(where: { ActivationEntry($0) == nil }) {
                throw StoreError.damagedFile(
                    model.folder.path(of: StoreLayout.history), "has a malformed line \(index + 1)")
            }
        }
        try finder.look { _ = try model.pinned() }
        try finder.look { _ = try StoredOptions(of: model.folder) }
        return finder.faults
    }

    /// Whether the last thing the audit log tells of is the beginning of a removal from this model: then it is under
    /// way, or the next writer ends it.
    private func isBeingRemoved(from model: ModelFolder) throws -> Bool {
        guard try catalog.root.status(of: StoreLayout.audit)?.kind == .folder else { return false }
        let audit = try catalog.root.folder(StoreLayout.audit)
        guard let last = try AuditFiles(in: audit).openIntent(),
            last.event.operation == "remove", let text = last.event.model
        else { return false }
        return try ModelReference(text).name == model.name
    }

    private func inspect(_ version: inout Found, _ folder: VersionFolder) throws {
        version.audit = folder.receipt.audit
        version.files = folder.receipt.files
        let isThere = try folder.folder.status(of: StoreLayout.package) != nil
        version.tree = try isThere ? VersionTree(of: folder.folder.folder(StoreLayout.package)) : VersionTree()
        let listed = Dictionary(version.files.map { ($0.path, $0) }, uniquingKeysWith: { $1 })
        let package = folder.folder.path(of: StoreLayout.package)
        if listed[PackageEntryName.checksums]?.sha256 != folder.receipt.identity {
            version.faults.append(
                StoreError.damaged(package, "has a receipt whose checksums.txt is not the version's identity").asWarning
            )
        }
        for file in try folder.manifest().files
        where listed[file.path]?.sha256 != file.sha256 || listed[file.path]?.size != file.size {
            version.faults.append(
                StoreError.damaged(package, "has a manifest and a receipt that differ on \(file.path)").asWarning)
        }
    }

    private mutating func hash(
        _ digests: [SHA256Digest], sizes: [SHA256Digest: Int64], needed: [SHA256Digest: [String]],
        progress: any ProgressObserver
    ) throws {
        var inodes: [SHA256Digest: FileStatus] = [:]
        var jobs: [ContentJob] = []
        for digest in digests {
            // Where it cannot be looked at, the job that opens it tells why.
            let status = (try? blobs?.status(of: digest)) ?? nil
            inodes[digest] = status
            guard !known.contains(digest) else { continue }
            let blobs = blobs
            jobs.append(
                ContentJob(digest: digest, size: sizes[digest] ?? status?.size) {
                    guard let blobs else { throw FileError(.notFound, "there are no blobs") }
                    return try blobs.open(digest)
                })
        }
        let hashedDigests = digests.filter { !known.contains($0) }
        let copies = copiesToHash(inodes)
        let checker = ContentChecker(jobs + copies.map(job))
        let statuses = try checker.run(progress: progress)
        report.hashed = checker.hashed
        report.checkedBlobs = digests.count
        report.good = known.intersection(digests)
        var blobStatuses: [SHA256Digest: ContentStatus] = [:]
        for (digest, status) in zip(hashedDigests, statuses) where status != .ok { blobStatuses[digest] = status }
        report.good.formUnion(hashedDigests.filter { blobStatuses[$0] == nil })
        try settle(blobStatuses, sizes: sizes, needed: needed)
        let copyStatuses = zip(copies, statuses.dropFirst(jobs.count))
        try assemble(inodes, blobStatuses, copies: copyStatuses.filter { $1 != .ok }.map { ($0.version, $0.file, $1) })
    }

    /// Keeps what is wrong with blobs, but for those that were removed meanwhile with the versions that needed them.
    private mutating func settle(
        _ statuses: [SHA256Digest: ContentStatus], sizes: [SHA256Digest: Int64], needed: [SHA256Digest: [String]]
    ) throws {
        guard !statuses.isEmpty else { return }
        let present = try Set(found.filter { try isThere($0) }.map(\.reference))
        for (digest, status) in statuses.sorted(by: { $0.key < $1.key }) {
            let affected = (needed[digest] ?? []).filter(present.contains)
            if affected.isEmpty, needed[digest] != nil || status == .missing { continue }
            report.blobs.append(
                CheckReport.Blob(digest: digest, size: sizes[digest], status: status, affects: affected))
        }
    }

    private func isThere(_ version: Found) throws -> Bool {
        try ModelFolder(version.name, in: catalog.models)?.folder.status(of: version.folderName) != nil
    }

    private func copiesToHash(_ inodes: [SHA256Digest: FileStatus]) -> [Copy] {
        found.indices.flatMap { index in
            found[index].files.compactMap { file in
                guard let status = found[index].tree?.files[file.path] else { return nil }
                return inodes[file.sha256]?.isSameFile(as: status) == true ? nil : Copy(version: index, file: file)
            }
        }
    }

    private func job(_ copy: Copy) -> ContentJob {
        let (models, name) = (catalog.models, found[copy.version].name)
        let (folderName, path) = (found[copy.version].folderName, copy.file.path)
        return ContentJob(digest: copy.file.sha256, size: copy.file.size) {
            guard let model = try ModelFolder(name, in: models) else {
                throw FileError(.notFound, "\(name) was removed meanwhile")
            }
            let place = try model.folder.folder(folderName).folder(StoreLayout.package).place(of: path)
            return try place.folder.file(reading: place.name)
        }
    }

    private mutating func assemble(
        _ inodes: [SHA256Digest: FileStatus], _ blobStatuses: [SHA256Digest: ContentStatus],
        copies: [(version: Int, file: StoredFile, status: ContentStatus)]
    ) throws {
        for (index, version) in found.enumerated() {
            var files: [CheckReport.File] = []
            if let tree = version.tree {
                for file in version.files {
                    if let status = tree.files[file.path] {
                        guard let fault = blobStatuses[file.sha256],
                            inodes[file.sha256]?.isSameFile(as: status) == true
                        else { continue }
                        files.append(CheckReport.File(path: file.path, status: fault, sha256: file.sha256))
                    } else {
                        files.append(CheckReport.File(path: file.path, status: .missing, sha256: file.sha256))
                    }
                }
                let strangers = tree.strangers(beside: Set(version.files.map(\.path)))
                files += strangers.map { CheckReport.File(path: $0, status: .extra, sha256: nil) }
            }
            files += copies.filter { $0.version == index }.map {
                CheckReport.File(path: $0.file.path, status: $0.status, sha256: $0.file.sha256)
            }
            let isBlobDamaged = version.files.contains { blobStatuses[$0.sha256] != nil }
            guard !files.isEmpty || !version.faults.isEmpty || isBlobDamaged, try isThere(version) else { continue }
            report.versions.append(
                CheckReport.Version(
                    name: version.name, folderName: version.folderName,
                    files: files.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) },
                    faults: version.faults))
        }
    }
}
