// SPDX-License-Identifier: Apache-2.0

package import BaigoCore
package import BundleKit

/// What an import needs of a package.
///
/// `PackageReader` is one.
package protocol ImportablePackage {
    var manifest: Manifest { get }
    var manifestBytes: [UInt8] { get }
    /// The list as it was read, or as baigo would write it.
    var checksumsBytes: [UInt8] { get }
    /// Whether the package brought its list.
    var hasOwnChecksums: Bool { get }
    var identity: SHA256Digest { get }
    var content: SHA256Digest { get }
    /// Every listed file, `manifest.json` included.
    var files: [PackageFile] { get }
    /// The path it comes from as the person gave it, or "standard input".
    var source: String { get }
    /// The armored signatures, where there are any and they are known already.
    var signature: [UInt8]? { get }
    /// The reserved bundle of signatures, carried along where the package has one.
    var modelSignature: [UInt8]? { get }
    /// Whether `signature` is final before the data was read.
    var signatureIsKnown: Bool { get }
    /// Whether `read` works more than once; a stream does not.
    var canBeReadAgain: Bool { get }

    /// Reads and hashes everything once, writing what was hashed into the sink.
    func read(into sink: (any PackageSink)?, stoppingAtFirstFault: Bool, progress: any ProgressObserver) throws
        -> [FileVerdict]
}

extension PackageReader: ImportablePackage {}

extension ImportablePackage {
    package var canBeReadAgain: Bool { true }

    /// The first file that is not as it should be.
    func fault(in verdicts: [FileVerdict]) -> BundleError? {
        verdicts.lazy.compactMap { $0.error(in: source) }.first
    }

    /// Asks for approval after the data was read: before its faults are told, unless they hid the signature.
    func judge(_ verdicts: [FileVerdict], approve: () throws -> ImportEvidence) throws -> ImportEvidence {
        if !signatureIsKnown, let fault = fault(in: verdicts) { throw fault }
        return try approve()
    }
}

/// What was found out about a package before it is taken in: it goes into the receipt.
package struct ImportEvidence: Sendable, Equatable {
    /// The verdict on the signature, with a member `status`.
    package let signature: JSONValue
    /// Whether the package counts as trusted.
    package let isTrusted: Bool
    /// The verdict of the policy.
    package let policy: JSONValue
    package let warnings: [Warning]
    /// The stored signatures together with new trusted ones, for a package that is in the store already; `nil` where
    /// there is nothing to add.
    package let mergedSignature: [UInt8]?

    /// Makes evidence.
    package init(
        signature: JSONValue, isTrusted: Bool, policy: JSONValue, warnings: [Warning] = [],
        mergedSignature: [UInt8]? = nil
    ) {
        self.signature = signature
        self.isTrusted = isTrusted
        self.policy = policy
        self.warnings = warnings
        self.mergedSignature = mergedSignature
    }

    /// The same evidence with another verdict of the policy.
    package func with(policy: JSONValue) -> ImportEvidence {
        ImportEvidence(
            signature: signature, isTrusted: isTrusted, policy: policy, warnings: warnings,
            mergedSignature: mergedSignature)
    }
}

/// How to import.
package struct ImportRequest {
    /// Whether a version of the same number and other content may come beside the old one.
    package let isReplacing: Bool
    /// Whether the version becomes the active one.
    package let isActivating: Bool
    /// How long to wait for another writer.
    package let wait: Duration
    /// Where the package comes from, for receipt and audit log: an absolute path, or "standard input".
    package let origin: String
    /// Decides on signature and policy: throws to refuse.
    ///
    /// Called once, under the store's lock, before the first byte of data where the signature is known by then, else
    /// when everything was read. Its argument is the same package where the store holds it already.
    package let approve: (StoredPackage?) throws -> ImportEvidence
    /// Looks at the verified files before anything is committed; `nil` where nobody has to look.
    ///
    /// Throws to refuse, or returns the evidence with what was found.
    package let examine: ((StagedTree, ImportEvidence) throws -> ImportEvidence)?

    /// Makes a request.
    package init(
        isReplacing: Bool = false, isActivating: Bool = true, wait: Duration = .zero, from origin: String,
        examine: ((StagedTree, ImportEvidence) throws -> ImportEvidence)? = nil,
        approve: @escaping (StoredPackage?) throws -> ImportEvidence
    ) {
        self.isReplacing = isReplacing
        self.isActivating = isActivating
        self.wait = wait
        self.origin = origin
        self.examine = examine
        self.approve = approve
    }
}

/// What an import did.
package struct ImportResult: Sendable {
    /// How the store changed.
    package enum Outcome: String, Sendable {
        case imported
        /// The content was there already, and nothing changed.
        case present
        /// The package was there already, and new trusted signatures over its list were added.
        case signaturesAdded = "signatures-added"
    }

    package let outcome: Outcome
    package let package: StoredPackage
    /// Versions of the same number that stay beside the new one.
    package let replaced: [StoredVersion]
    /// Bytes that were written as new blobs.
    package internal(set) var written: ByteCount
    /// Contents that were damaged in the store, and are right again.
    package internal(set) var repaired: [SHA256Digest] = []
    package internal(set) var warnings: [Warning]
    /// The outcome's line.
    package let audit: AuditHead
}

/// What an import of a package would do.
package struct ImportPreview: Sendable {
    /// How the package stands to what is in the store.
    package enum Standing: Sendable, Equatable {
        case new
        /// Its content is there already.
        case present(StoredVersion)
        /// Its name and version are there with other content, the newest first.
        case conflicting([StoredVersion])
    }

    package let standing: Standing
    /// Bytes of contents that would be written.
    package let needed: ByteCount
    /// Bytes that can be written where the store is or would be.
    package let free: ByteCount

    /// Room that has to be there: that of the contents, and some for receipt, index and folders.
    package var room: ByteCount {
        if case .present = standing { return ByteCount(0) }
        return ImportDecision.room(for: needed)
    }
}
