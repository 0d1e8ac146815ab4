// SPDX-License-Identifier: Apache-2.0

package import BaigoCore

/// A request that the store cannot fulfil, or a store that is not as it should be.
///
/// Failures of the file system itself (permission, ownership, space, lock, clock) are `FileError`.
package struct StoreError: PresentableError {
    /// What is wrong; the raw value is the identifier that scripts see.
    package enum Code: String, Sendable, CaseIterable {
        // Requests
        case invalidReference = "usage.reference"
        case modelNotFound = "store.model-not-found"
        case versionNotFound = "store.version-not-found"
        case noActiveVersion = "store.no-active-version"
        case nothingOlder = "store.nothing-older"
        case engineNotFound = "store.engine-not-found"
        case ambiguous = "store.ambiguous"
        case severalVersions = "store.several-versions"
        case activeVersion = "store.active-version"
        case pinned = "store.pinned"
        // Imports
        case alreadyExists = "store.already-exists"
        case nameConflict = "store.name-conflict"
        // The state of the store
        case notAStore = "store.not-a-store"
        case invalidTarget = "usage.store-target"
        case moved = "store.moved"
        case unfinishedCopy = "store.unfinished-copy"
        case otherStore = "store.other-store"
        case unsupportedSchema = "store.schema"
        case damaged = "store.damaged"
        case auditBroken = "audit.broken"
        case auditUnexpected = "audit.unexpected-head"
        case index = "store.index"
    }

    package let code: Code
    package let message: String
    package let hint: String?
    /// The error this one explains.
    package let cause: (any Error)?

    package var identifier: String { code.rawValue }

    package var exitStatus: ExitStatus {
        switch code {
        case .invalidReference, .ambiguous, .severalVersions, .activeVersion, .pinned, .invalidTarget: .usage
        case .modelNotFound, .versionNotFound, .noActiveVersion, .nothingOlder, .engineNotFound: .notFound
        case .alreadyExists, .nameConflict, .otherStore: .alreadyExists
        case .unsupportedSchema, .damaged, .auditBroken, .auditUnexpected: .invalidContent
        case .notAStore, .moved, .unfinishedCopy: .environment
        case .index: .unexpected
        }
    }

    /// Makes an error.
    package init(_ code: Code, _ message: String, hint: String? = nil, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.hint = hint
        self.cause = cause
    }

    /// Says that a version does not hold what it should.
    static func damaged(_ path: String, _ reason: String, cause: (any Error)? = nil) -> StoreError {
        StoreError(
            .damaged, "\(path.escapedForOneLine) \(reason)",
            hint: "Restore the file from a backup, or remove the model and import its package again.", cause: cause)
    }

    /// Says that a file of the store beside its versions does not hold what it should.
    static func damagedFile(_ path: String, _ reason: String, cause: (any Error)? = nil) -> StoreError {
        StoreError(
            .damaged, "\(path.escapedForOneLine) \(reason)",
            hint: "Restore the file from a backup, or mend it by hand as docs/store.md says.", cause: cause)
    }

    /// Says that a version went while it was being used.
    static func removed(_ version: StoredVersion) -> StoreError {
        StoreError(.versionNotFound, "\(version.reference) was removed meanwhile", hint: "See baigo list.")
    }

    /// Says that a file of an engine does not hold what it should, or of those that say which one is used.
    static func damagedEngine(_ path: String, _ reason: String, cause: (any Error)? = nil) -> StoreError {
        StoreError(
            .damaged, "\(path.escapedForOneLine) \(reason)",
            hint:
                "Restore the file from a backup, or use another engine: baigo engine activate \(EngineShelf.builtIn).",
            cause: cause)
    }
}
