// SPDX-License-Identifier: Apache-2.0

package import BaigoCore
package import BundleKit
package import SystemPackage

/// A user's own store on top of the one that all users of a host share, for reading.
///
/// Names are looked up in the own store first. The shared one is opened only where it is asked, so that a fault of it
/// never stands in the way of what the own store holds.
package struct StoreShelf: Sendable {
    /// Where a model is.
    package enum Place: String, Sendable {
        case own
        case system
    }

    /// A model and where it is.
    package struct Model: Sendable {
        package let place: Place
        package let model: StoredModel
    }

    package let own: ModelStore
    /// The home of the shared store; `nil` for none.
    package let systemPath: FilePath?

    /// Puts stores on top of each other; nothing is opened yet.
    package init(own: ModelStore, system path: FilePath?) {
        self.own = own
        systemPath = path?.absolute == own.path ? nil : path?.absolute
    }

    /// The shared store; `nil` where there is none, or none for this user.
    ///
    /// - Throws: `FileError`, code `unsafeOwnership`, for one that others may write to; `StoreError`.
    package func system() throws -> ModelStore? {
        guard let systemPath else { return nil }
        do {
            let store = try ModelStore.open(home: systemPath, context: own.context)
            guard try store.home.folder()?.status().isSameFile(as: own.home.folder()?.status()) != true else {
                return nil
            }
            return try store.state() == nil ? nil : store
        } catch let error as FileError where error.code == .permission || error.code == .notFound {
            return nil
        }
    }

    /// The models of both stores, or one with all its versions wherever it is, the own ones first.
    ///
    /// - Returns: Models, and warnings, also for a shared store that cannot be used.
    /// - Throws: `StoreError`: `modelNotFound`, `ambiguous`, for the own store; `FileError`.
    package func list(_ name: PackageName? = nil) throws -> (models: [Model], warnings: [Warning]) {
        var models: [Model] = []
        var warnings: [Warning] = []
        var missing: StoreError?
        do {
            let listing = try own.list(name)
            models += listing.models.map { Model(place: .own, model: $0) }
            warnings += listing.warnings
        } catch let error as StoreError where error.code == .modelNotFound {
            missing = error
        }
        do {
            if let listing = try system()?.list(name) {
                models += listing.models.map { Model(place: .system, model: $0) }
                warnings += listing.warnings
            }
        } catch let error as StoreError where error.code == .modelNotFound {
            // Either the own store has it, or its error is told.
        } catch let error as any PresentableError where missing == nil {
            warnings.append(error.asWarning)
        }
        if models.isEmpty, let missing { throw missing }
        return (models, warnings)
    }

    /// Everything known of the version that a reference stands for, in the own store where that has it.
    ///
    /// - Throws: As `ModelStore.resolve`; a damaged version of the own store is never made up for by the shared one.
    package func resolve(_ reference: ModelReference, checkingSizes: Bool = true) throws -> (
        place: Place, package: StoredPackage
    ) {
        try first(reference) { try $0.resolve(reference, checkingSizes: checkingSizes) }
    }

    /// Which versions of a model were active, in the own store where that has it.
    ///
    /// - Throws: As `ModelStore.history`.
    package func history(of reference: ModelReference) throws -> [ActivationEntry] {
        try first(reference) { try $0.history(of: reference) }.1
    }

    private func first<Value>(
        _ reference: ModelReference, _ body: (ModelStore) throws -> Value
    ) throws -> (Place, Value) {
        do {
            return (.own, try body(own))
        } catch let missing as StoreError where [.modelNotFound, .versionNotFound].contains(missing.code) {
            guard let system = try system() else { throw missing }
            do {
                return (.system, try body(system))
            } catch let error as StoreError where error.code == .modelNotFound {
                throw missing
            }
        }
    }
}
