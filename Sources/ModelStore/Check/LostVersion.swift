// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
package import BundleKit

/// A version that was imported and never removed, and is not there.
package struct LostVersion: Sendable, Equatable {
    package let name: PackageName
    /// The name that its folder had: `version~identity`.
    package let folderName: String
    /// The number of the line of the audit log that tells of its import.
    package let line: Int64

    /// `name:version~identity`.
    package var reference: String { "\(name):\(folderName)" }
    /// What happened and what to do, in one line.
    package var message: String {
        "\(reference) was imported (line \(line) of the audit log) and never removed, and is not there; import its package "
            + "again, or acknowledge the loss with baigo remove \(reference)"
    }
}

extension LostVersion {
    /// Compares the audit log of a home with its models.
    ///
    /// Under the store's lock, or beside commands that change it: what is removed or imported meanwhile is not lost.
    ///
    /// - Parameters:
    ///   - root: The home.
    ///   - models: Its models; `nil` where there are none.
    ///   - isCancellable: Whether a cancelled task gives up; what undoes something must not.
    /// - Returns: By name.
    /// - Throws: `FileError`, `CancellationError`.
    static func all(
        in root: Folder, models: Folder?, isCancellable: Bool = false
    ) throws -> [LostVersion] {
        guard try root.status(of: StoreLayout.audit)?.kind == .folder, try !isBeingCopiedTo(root) else { return [] }
        let audit = try root.folder(StoreLayout.audit)
        let recorded = try RecordedVersions(in: audit, isCancellable: isCancellable).lines
        let missing = try Parallel.map(Array(recorded), isCancellable: isCancellable) { key, line in
            try isThere(key, in: models) ? nil : (key, line)
        }.compactMap(\.self)
        guard !missing.isEmpty else { return [] }
        // A removal is written down before anything goes.
        let now = try RecordedVersions(in: audit, isCancellable: isCancellable).lines
        return missing.filter { now[$0] == $1 }.compactMap(LostVersion.init)
            .sorted { $0.reference.precedesBytewise($1.reference) }
    }

    private init?(_ key: String, _ line: Int64) {
        let parts = key.split(separator: ":", maxSplits: 1).map(String.init)
        guard parts.count == 2, let name = try? PackageName(validating: parts[0]) else { return nil }
        self.init(name: name, folderName: parts[1], line: line)
    }

    private static func isThere(_ key: String, in models: Folder?) throws -> Bool {
        let parts = key.split(separator: ":", maxSplits: 1).map(String.init)
        guard parts.count == 2, let models, let name = try? PackageName(validating: parts[0]) else { return false }
        do throws(FileError) {
            return try ModelFolder(name, in: models)?.folder.status(of: parts[1]) != nil
        } catch {
            // It was removed meanwhile, or something else is where a folder was.
            guard error.code == .notFound || error.code == .wrongType else { throw error }
            return false
        }
    }

    /// Whether a copy into this store, which has the lines of the log first, was cut short.
    private static func isBeingCopiedTo(_ root: Folder) throws(FileError) -> Bool {
        guard try root.status(of: StoreLayout.staging)?.kind == .folder else { return false }
        return try root.folder(StoreLayout.staging).status(of: ContentCopy.area) != nil
    }
}

extension StoreError {
    /// Says that versions are lost; `nil` where none is.
    init?(lost: [LostVersion]) {
        guard let first = lost.first else { return nil }
        let subject = lost.count > 1 ? "\(first.reference) and \(lost.count - 1) more were" : "\(first.reference) was"
        let verb = lost.count > 1 ? "are" : "is"
        self.init(
            .damaged, "\(subject) imported and never removed, and \(verb) not there",
            hint: "See baigo check. Import the packages again, or acknowledge the loss with baigo remove NAME:VERSION; "
                + "until then nothing is collected.")
    }

    /// Says that a store has contents and no folder for models.
    static func lostModels(_ root: Folder) -> StoreError {
        StoreError(
            .damaged, "\(root.path(of: StoreLayout.models).escapedForOneLine) is gone, and there are contents",
            hint: "Put the folder back from a backup, or import the packages again.")
    }
}
