// SPDX-License-Identifier: Apache-2.0

package import BaigoCore
package import BundleKit

/// What a check of the store found.
package struct CheckReport: Sendable {
    /// A content that is not as it should be.
    package struct Blob: Sendable, Equatable {
        package let digest: SHA256Digest
        /// Bytes that it should have; `nil` where no version says.
        package let size: Int64?
        package let status: ContentStatus
        /// The versions that need it, as references; none for one that only takes room.
        package let affects: [String]
    }

    /// A file in a version's `package/` that is not as it should be.
    package struct File: Sendable, Equatable {
        package let path: String
        package let status: ContentStatus
        /// What it should hold; `nil` for one that belongs to no package.
        package let sha256: SHA256Digest?
    }

    /// A version that is not whole.
    package struct Version: Sendable, Equatable {
        package let name: PackageName
        /// The name of its folder: `version~identity`.
        package let folderName: String
        /// What in its folder is wrong.
        package internal(set) var files: [File]
        /// Why its receipt or manifest cannot be used.
        package let faults: [Warning]

        /// `name:version~identity`.
        package var reference: String { "\(name):\(folderName)" }
    }

    /// Contents that are damaged or missing, in the order of their digests.
    package internal(set) var blobs: [Blob] = []
    /// Versions that are damaged, by name.
    package internal(set) var versions: [Version] = []
    /// Versions that are not there at all, though the audit log tells of their import and of no removal.
    package internal(set) var lost: [LostVersion] = []
    /// What else is wrong: which version is active, histories, the audit log.
    package internal(set) var problems: [Warning] = []
    /// What is odd without being wrong.
    package internal(set) var notes: [Warning] = []
    /// Contents that were looked at, good ones included.
    package internal(set) var checkedBlobs = 0
    /// Versions that were looked at.
    package internal(set) var checkedVersions = 0
    /// Bytes that were hashed.
    package internal(set) var hashed = ByteCount(0)
    /// Contents that were found right.
    package internal(set) var good: Set<SHA256Digest> = []

    /// Whether nothing is damaged.
    package var isHealthy: Bool { blobs.isEmpty && versions.isEmpty && lost.isEmpty && problems.isEmpty }

    /// Whether bytes that belong to a package are missing or wrong; not where there is only too much.
    var lacksContent: Bool {
        !blobs.isEmpty || versions.contains { version in version.files.contains { $0.status != .extra } }
    }

    /// What is wrong as one error; `nil` where nothing is.
    package var error: StoreError? {
        guard !isHealthy else { return nil }
        let counts = [
            (blobs.count, "content"), (versions.count, "version"), (lost.count, "lost version"),
            (problems.count, "other fault"),
        ]
        let list = counts.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)\($0.0 == 1 ? "" : "s")" }.joined(separator: ", ")
        let hints: [String?] = [
            lost.isEmpty ? nil : "Import lost versions again, or acknowledge the loss with baigo remove NAME:VERSION.",
            blobs.isEmpty && versions.isEmpty && problems.isEmpty
                ? nil : "baigo check --repair PACKAGE takes contents again; --quarantine moves damaged ones aside.",
        ]
        return StoreError(
            .damaged, "the store is damaged: \(list)", hint: hints.compactMap { $0 }.joined(separator: " "))
    }
}
