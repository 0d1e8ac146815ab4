// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import ModelStore

extension Host {
    /// Does something to a model of the store that is meant.
    ///
    /// Commands that change something, or look at one store only, do not see the host's shared store beneath the own
    /// one; `list` does. Where only that one has the model, the error says how to name it.
    ///
    /// - Parameters:
    ///   - reference: The model; `nil` where none is named.
    ///   - body: What is done.
    /// - Returns: What `body` returns.
    /// - Throws: `FileError`, `StoreError`, and what `body` throws.
    func own<Value>(_ reference: ModelReference?, _ body: (ModelStore) throws -> Value) throws -> Value {
        do {
            return try body(store())
        } catch let error as StoreError where [.modelNotFound, .versionNotFound].contains(error.code) {
            guard let reference, isShared(reference) else { throw error }
            throw StoreError(
                error.code, error.message,
                hint: "\(reference) is in the store that all users of this host share: add --system.")
        }
    }

    private func isShared(_ reference: ModelReference) -> Bool {
        guard let found = try? shelf().system()?.list(reference.name).models.first else { return false }
        guard let version = reference.version else { return true }
        return found.versions.contains { $0.version == version }
    }
}
