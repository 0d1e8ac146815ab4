// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
package import BundleKit
internal import SystemPackage

/// What keeping options for a model did.
package struct OptionsResult: Sendable {
    /// The model, with its publisher.
    package let name: PackageName
    /// The options as they are now.
    package let options: StoredOptions
    /// Whether anything changed.
    package let isChanged: Bool
}

extension ModelStore {
    /// The options that are kept for a model.
    ///
    /// - Throws: `StoreError`: `modelNotFound`, `ambiguous`, `damaged`; `FileError`.
    package func options(of name: PackageName) throws -> OptionsResult {
        guard let (root, _) = try home.reading(), let models = try home.folder(StoreLayout.models, in: root) else {
            throw Resolver(names: []).unknown(name)
        }
        let name = try Catalog(models: models, root: root).fullName(of: name)
        guard let model = try ModelFolder(name, in: models) else { throw Resolver(names: []).unknown(name) }
        return OptionsResult(name: name, options: try StoredOptions(of: model.folder), isChanged: false)
    }

    /// Keeps options for a model, of whatever version.
    ///
    /// - Parameters:
    ///   - name: The model.
    ///   - changes: New values by their keys; `nil` takes a key away.
    ///   - wait: How long to wait for another writer.
    /// - Returns: The options as they are now.
    /// - Throws: `StoreError`: `modelNotFound`, `ambiguous`, `damaged`; `FileError`.
    package func setOptions(
        of name: PackageName, _ changes: [String: String?], wait: Duration = .zero
    ) throws -> OptionsResult {
        guard try home.reading() != nil else { throw Resolver(names: []).unknown(name) }
        let writing = try WritingHome(home, context: context, purpose: "set", waiting: wait)
        let name = try writing.catalog.fullName(of: name)
        guard let model = try ModelFolder(name, in: writing.models), try !model.versionFolders().isEmpty else {
            throw Resolver(names: []).unknown(name)
        }
        let before = try StoredOptions(of: model.folder)
        var options = before
        for (key, value) in changes { options.values[key] = value }
        guard options != before else { return OptionsResult(name: name, options: options, isChanged: false) }
        let event = AuditEvent(
            "set", model: name.description, details: ["options": .object(options.values.mapValues(JSONValue.string))])
        let intent = try writing.audit.intent(event)
        try options.write(into: model.folder)
        try writing.audit.outcome(event, .done, of: intent)
        return OptionsResult(name: name, options: options, isChanged: true)
    }
}

extension StoredPackage {
    /// The options that are kept for the model of this version.
    ///
    /// - Throws: `StoreError`, code `damaged`; `FileError`.
    package func loadOptions() throws -> StoredOptions {
        try StoredOptions(of: Folder.open(folder.removingLastComponent().removingLastComponent()))
    }
}
