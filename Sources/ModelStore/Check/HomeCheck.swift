// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import BundleKit

/// What in a home, beside versions, blobs and the audit log, stands in the way of commands that change the store.
struct HomeCheck {
    let home: StoreHome
    let root: Folder
    let catalog: Catalog

    /// Looks; changes nothing.
    ///
    /// - Throws: `CancellationError`.
    func problems() throws -> [Warning] {
        var finder = FaultFinder(countsHostFaults: true)
        var engines: [Warning] = []
        try finder.look {
            guard let status = try root.status(of: StoreLayout.lock), status.kind != .regular else { return }
            throw StoreError.damagedFile(root.path(of: StoreLayout.lock), "is no regular file")
        }
        for name in [StoreLayout.staging, StoreLayout.quarantine] {
            try finder.look { _ = try home.folder(name, in: root) }
        }
        try finder.look {
            // A policy is put in place before the store says that it has one.
            let isExpected = try StoreIdentity(in: root)?.hasPolicy == true
            guard try PolicyFile(folder: root, place: .store).part() == nil, isExpected else { return }
            throw StoreError.damagedFile(root.path(of: PolicyFile.name), "is missing, and a policy was set here")
        }
        try finder.look {
            let isLatched = try StoreIdentity(in: root)?.isSignatureLatched == true
            guard let trust = try home.folder(StoreLayout.trust, in: root) else {
                guard isLatched else { return }
                throw StoreError.damagedFile(root.path(of: StoreLayout.trust), "is missing, and keys were trusted here")
            }
            let ring = TrustStore(folder: trust, isLatched: isLatched)
            try ring.checkUpdate()
            _ = try ring.list()
        }
        try finder.look {
            guard let folder = try home.folder(StoreLayout.engines, in: root) else { return }
            let shelf = EngineShelf(folder: folder)
            engines = try shelf.list().warnings
            _ = try shelf.history()
        }
        try finder.look { try catalog.checkEverythingIsUnderstood() }
        return finder.faults + engines
    }
}
