// SPDX-License-Identifier: Apache-2.0

package import BaigoCore
internal import BundleKit

/// What pinning a version did.
package struct PinResult: Sendable {
    /// The version as it is now.
    package let version: StoredVersion
    /// Whether anything changed.
    package let isChanged: Bool
    package let warnings: [Warning]
}

extension ModelStore {
    /// Keeps a version from being removed without force, or lifts that.
    ///
    /// Which version is active, and what is imported, is not touched by a pin.
    ///
    /// - Parameters:
    ///   - reference: A version; the active one for a bare name.
    ///   - isPinned: Whether it is pinned afterwards.
    ///   - wait: How long to wait for another writer.
    /// - Returns: The version as it is now.
    /// - Throws: `StoreError`: `modelNotFound`, `versionNotFound`, `noActiveVersion`, `ambiguous`; `FileError`.
    package func pin(_ reference: ModelReference, _ isPinned: Bool, wait: Duration = .zero) throws -> PinResult {
        guard try home.reading() != nil else { throw Resolver(names: []).unknown(reference.name) }
        let operation = isPinned ? "pin" : "unpin"
        let writing = try WritingHome(home, context: context, purpose: operation, waiting: wait)
        let name = try writing.catalog.fullName(of: reference.name)
        guard let model = try ModelFolder(name, in: writing.models) else { throw Resolver(names: []).unknown(name) }
        let pinned = try model.pinned()
        var version = try Self.version(of: reference, among: try writing.catalog.versions(of: name))
        guard version.isPinned != isPinned else { return PinResult(version: version, isChanged: false, warnings: []) }
        let event = AuditEvent(operation, model: version.reference.description, identity: version.identity)
        let intent = try writing.audit.intent(event)
        version.isPinned = isPinned
        let others = pinned.intersection(try model.versionFolders()).subtracting([version.folderName])
        try model.pin(isPinned ? others.union([version.folderName]) : others)
        let warnings = [writing.publishIndex(changed: [name])?.asWarning].compactMap(\.self)
        try writing.audit.outcome(event, .done, of: intent)
        return PinResult(version: version, isChanged: true, warnings: warnings)
    }

    /// Refuses to remove versions of which some are pinned.
    ///
    /// - Throws: `StoreError`, code `pinned`, naming them.
    static func checkPins(_ folders: [String], of model: ModelFolder) throws {
        let pinned: [String]
        do {
            pinned = try model.pinned().intersection(folders).sorted()
        } catch let error as any PresentableError {
            throw StoreError(
                .pinned, "it cannot be told which versions of \(model.name) are pinned: \(error.message)",
                hint: "Use --force to remove what may be pinned too.", cause: error)
        }
        guard let first = pinned.first else { return }
        throw StoreError(
            .pinned,
            pinned.count == 1
                ? "\(model.name):\(first) is pinned" : "\(pinned.count) versions of \(model.name) are pinned",
            hint: "Use baigo unpin \(model.name):\(first), or --force to remove what is pinned too.")
    }
}
