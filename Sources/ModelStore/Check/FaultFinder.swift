// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore

/// What is wrong with things that are looked at one after the other, so that no fault hides another.
struct FaultFinder {
    /// Whether what this host stands in the way with is a fault of the store too: it would stop every writer.
    var countsHostFaults = false
    /// What was found, in the order of the looks.
    private(set) var faults: [Warning] = []

    /// Looks at one thing, and goes on whatever is wrong with it.
    ///
    /// What was removed meanwhile is no fault.
    ///
    /// - Throws: What this host stands in the way with, where that says nothing of the store; `CancellationError`.
    mutating func look(_ body: () throws -> Void) throws {
        do {
            try body()
        } catch let error as FileError where error.code == .notFound {
            return
        } catch let error as any PresentableError {
            if error.isOfThisHost, !countsHostFaults { throw error }
            faults.append(error.asWarning)
        }
    }
}
