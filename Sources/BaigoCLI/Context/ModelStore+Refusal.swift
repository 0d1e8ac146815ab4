// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import ModelStore

extension ModelStore {
    /// Writes a refusal into the audit log; a log that cannot be written now takes nothing from the refusal itself.
    ///
    /// - Parameters:
    ///   - event: What was refused.
    ///   - error: Why.
    ///   - wait: How long to wait for another writer.
    /// - Returns: What to tell where the log has no line of it.
    /// - Throws: `CancellationError`.
    func noteRefusal(
        _ event: AuditEvent, error: any PresentableError, wait: Duration = .seconds(2)
    ) throws -> Warning? {
        do {
            try recordRefusal(event, error: error, wait: wait)
            return nil
        } catch let fault as any PresentableError {
            return Warning(
                identifier: fault.identifier, message: "the refusal is not in the audit log: " + fault.message)
        }
    }
}
