// SPDX-License-Identifier: Apache-2.0

package import BaigoCore
package import BundleKit
package import SystemPackage

/// A policy that was put into a home.
package struct PolicyInstallation: Sendable, Equatable {
    /// SHA-256 of the file before; `nil` where there was none.
    package let old: SHA256Digest?
    /// SHA-256 of the file now.
    package let new: SHA256Digest
    /// Whether this released the requirement of signatures that the first trusted key had brought.
    package let isReleasing: Bool

    /// What an audit line says of it.
    package var details: [String: JSONValue] {
        [
            "new": .string(new.description), "old": .text(old?.description),
            "releasesSignature": .bool(isReleasing),
        ]
    }
}

extension ModelStore {
    /// Where the administrator of the host keeps a policy.
    package static let systemPolicyFolder: FilePath = "/etc/baigo"

    /// The policy in effect: that of the host and that of this home, where they are there.
    ///
    /// - Parameter systemFolder: The folder with the host's policy.
    /// - Returns: Both, or the defaults where there is no file.
    /// - Throws: `PolicyError`, code `unreadable`, for a file that cannot be used and for one that was set here and is
    ///   gone; `FileError`, `StoreError` as `open(home:context:)`.
    package func policy(systemFolder: FilePath = ModelStore.systemPolicyFolder) throws -> Policy {
        var parts: [Policy.Part] = []
        if let part = try Self.systemPolicy(in: systemFolder) { parts.append(part) }
        // A policy is put in place before the store says that it has one.
        let isExpected = try home.reading()?.identity.hasPolicy ?? false
        let own = try home.looking().flatMap { try PolicyFile(folder: $0, place: .store).part() }
        if own == nil, isExpected {
            throw PolicyError(
                .unreadable, "the policy of the store in \(path.string.escapedForOneLine) is gone",
                hint: "Restore policy.toml from a backup, or set another one with baigo trust policy set FILE.")
        }
        return try Policy(parts + [own].compactMap(\.self))
    }

    private static func systemPolicy(in path: FilePath) throws -> Policy.Part? {
        let shown = path.appending(PolicyFile.name).string
        do {
            let folder = try Folder.open(path)
            guard try folder.status().mode & 0o022 == 0 else {
                throw FileError(
                    .unsafeOwnership, "other users may write to \(path.string.escapedForTerminal)",
                    hint: "Run chmod go-w on it, and look who did.")
            }
            return try PolicyFile(folder: folder, place: .system).part()
        } catch let error as FileError {
            guard error.code != .notFound else { return nil }
            throw PolicyFile.unreadable(shown, error)
        }
    }

    /// Puts a policy into the home under the store's lock, with its lines in the audit log.
    ///
    /// - Parameters:
    ///   - bytes: The policy's text.
    ///   - details: What the audit lines say beside the digests.
    ///   - wait: How long to wait for another writer.
    /// - Returns: What was put in the place of what.
    /// - Throws: `PolicyError`, code `malformed`; `FileError`, `StoreError`.
    @discardableResult
    package func installPolicy(
        _ bytes: [UInt8], details: [String: JSONValue] = [:], wait: Duration = .seconds(10)
    ) throws -> PolicyInstallation {
        _ = try PolicyDocument(reading: bytes)
        return try changePolicy(details, wait) { _ in bytes }
    }

    /// Changes the policy of the home under the store's lock, with its lines in the audit log.
    ///
    /// - Parameter edit: Makes the new text from the old one; from `nil` where there is none.
    /// - Returns: What was put in the place of what.
    /// - Throws: `PolicyError`; `FileError`, `StoreError`.
    package func changePolicy(
        _ edit: ([UInt8]?) throws(PolicyError) -> [UInt8]
    ) throws -> PolicyInstallation {
        try changePolicy([:], .seconds(10)) { change in
            try edit(try PolicyFile(folder: change.root, place: .store).bytes())
        }
    }

    private func changePolicy(
        _ details: [String: JSONValue], _ wait: Duration, making make: (StoreChange) throws -> [UInt8]
    ) throws -> PolicyInstallation {
        var text: [UInt8] = []
        return try change(wait: wait, purpose: "policy.set") { change in
            text = try make(change)
            let planned = try change.installation(of: text, try PolicyDocument(reading: text))
            return AuditEvent("policy.set", details: details.merging(planned.details) { $1 })
        } body: { change in
            try change.installPolicy(text)
        }
    }
}

extension ModelStore {
    /// What a policy has to know of this store to judge a package; `nil` where it has no rule on that.
    ///
    /// - Throws: `FileError`, `StoreError`.
    package func policyState(
        for package: any ImportablePackage, _ policy: Policy
    ) throws -> PolicySubject.Store? {
        guard policy.quota != nil || !policy.isDowngradeAllowed else { return nil }
        let decision = ImportDecision(package: package)
        guard let (root, _) = try home.reading() else {
            return PolicySubject.Store(held: ByteCount(0), needed: decision.needed { _, _ in false }, versions: [])
        }
        let catalog = try home.folder(StoreLayout.models, in: root).map { Catalog(models: $0, root: root) }
        let versions = try catalog?.versions(of: package.manifest.name).versions ?? []
        let blobs = try home.blobs(in: root)
        let held = policy.quota == nil ? 0 : try blobs?.totalBytes() ?? 0
        if case .present = decision.standing(among: versions) {
            return PolicySubject.Store(held: ByteCount(held), needed: ByteCount(0), versions: nil)
        }
        return PolicySubject.Store(
            held: ByteCount(held), needed: try decision.needed { try blobs?.holds($0, size: $1) ?? false },
            versions: try versions.map { version in
                PolicySubject.Version(
                    number: version.version.description,
                    signedAt: try catalog?.package(of: version, home: home).receipt.countedSigners
                        .compactMap(\.createdAt).max())
            })
    }
}

extension ModelStore {
    /// The same package, where the store holds it.
    ///
    /// - Returns: `nil` also for a version that cannot be read; it says nothing for a package then.
    /// - Throws: `FileError`, `StoreError` as `open(home:context:)`.
    package func stored(_ package: any ImportablePackage) throws -> StoredPackage? {
        guard let (root, _) = try home.reading(), let models = try home.folder(StoreLayout.models, in: root) else {
            return nil
        }
        let catalog = Catalog(models: models, root: root)
        do {
            let versions = try catalog.versions(of: package.manifest.name).versions
            return try versions.first { $0.identity == package.identity }.map { version in
                try catalog.package(of: version, home: home)
            }
        } catch is StoreError {
            return nil
        }
    }

    /// Contents of a package that the store does not hold, with their sizes; none of a package that is there.
    ///
    /// - Throws: `FileError`, `StoreError`.
    package func missingContents(of package: any ImportablePackage) throws -> [SHA256Digest: Int64] {
        var sizes: [SHA256Digest: Int64] = [:]
        for file in package.files { sizes[file.sha256] = file.size }
        guard let (root, _) = try home.reading() else { return sizes }
        let catalog = try home.folder(StoreLayout.models, in: root).map { Catalog(models: $0, root: root) }
        let versions = try catalog?.versions(of: package.manifest.name).versions ?? []
        if case .present = ImportDecision(package: package).standing(among: versions) { return [:] }
        guard let blobs = try home.folder(StoreLayout.blobs, in: root).flatMap({ try BlobStore(reading: $0) }) else {
            return sizes
        }
        return try sizes.filter { try !blobs.holds($0.key, size: $0.value) }
    }

    /// Bytes of all contents that the store holds.
    ///
    /// - Throws: `FileError`, `StoreError`.
    package func heldBytes() throws -> ByteCount {
        guard let (root, _) = try home.reading() else { return ByteCount(0) }
        let blobs = try home.blobs(in: root)
        return ByteCount(try blobs?.totalBytes() ?? 0)
    }
}

extension StoreChange {
    /// Puts a policy into the home; the caller's audit lines tell of it.
    ///
    /// This alone, with `signature.required = "never"`, releases the requirement that the first trusted key brought.
    ///
    /// - Throws: `PolicyError`, code `malformed`; `FileError`.
    @discardableResult
    package func installPolicy(_ bytes: [UInt8]) throws -> PolicyInstallation {
        let document = try PolicyDocument(reading: bytes)
        let installation = try installation(of: bytes, document)
        if document.required != .never { try writing.setSignatureRelease(false) }
        try root.publish(bytes, as: PolicyFile.name, mode: 0o644)
        try writing.setPolicy()
        if document.required == .never { try writing.setSignatureRelease(true) }
        return installation
    }

    /// What `installPolicy` would do.
    func installation(of bytes: [UInt8], _ document: PolicyDocument) throws -> PolicyInstallation {
        // What is there now may be unusable; it is replaced all the same, and told by its digest where it can be read.
        let old = (try? PolicyFile(folder: root, place: .store).bytes()).flatMap(\.self)
        let identity = writing.identity
        return PolicyInstallation(
            old: try old.map { try SHA256Digest(of: $0) }, new: try SHA256Digest(of: bytes),
            isReleasing: document.required == .never && identity.isSignatureLatched && !identity.isSignatureReleased)
    }
}
