// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import SystemPackage

extension ModelStore {
    /// Lets the audit log go on at the time of this host's clock, though its last line is of the future.
    ///
    /// A new line says so, and which time the last one had; whatever checks the log accepts that one step back.
    ///
    /// - Parameters:
    ///   - future: The last line, which a clock wrote that was ahead.
    ///   - wait: How long to wait for another writer.
    /// - Returns: The last line then, and whether anything had to be written.
    /// - Throws: `StoreError`: `auditUnexpected` where that is not the last line, `notAStore`; `FileError`.
    package func resetClock(after future: AuditHead, wait: Duration = .zero) throws -> (head: AuditHead, isReset: Bool)
    {
        guard try home.reading() != nil else {
            throw StoreError(
                .notAStore, "there is no store in \(home.path.string.escapedForOneLine)", hint: "Check the path.")
        }
        let writing = try WritingHome(
            home, context: context, purpose: "audit reset-clock", waiting: wait, accepting: future)
        return (writing.audit.head, writing.audit.head != future)
    }
}
