// SPDX-License-Identifier: Apache-2.0

package import BaigoCore

/// A request that cannot be carried out as it was made.
package struct CLIError: PresentableError {
    /// What is wrong.
    package enum Code: String, Sendable, CaseIterable {
        case usage
        case confirmation = "usage.confirmation"
        case declined = "usage.declined"
        case configuration = "environment.configuration"
        case noCommandLine = "environment.command-line"
        /// Of several packages some were ingested.
        case partlyDone = "ingest.partly-done"
        /// Of several requests some were not answered.
        case partlyAnswered = "run.partly-answered"
        /// Of several requests none was answered.
        case nothingAnswered = "run.nothing-answered"
        /// Of several packages none was ingested, for different reasons.
        case nothingDone = "ingest.nothing-done"
        /// Packages were ingested, and the report of it could not be written.
        case unreported = "ingest.report-not-written"
        /// A line of a batch is no request.
        case badRequest = "run.bad-request"
        case unexpected = "internal.unexpected"
    }

    package let code: Code
    package let message: String
    package let hint: String?

    package var identifier: String { code.rawValue }

    package var exitStatus: ExitStatus {
        switch code {
        case .usage, .confirmation, .badRequest: .usage
        case .declined, .nothingDone, .nothingAnswered: .unexpected
        case .partlyDone, .partlyAnswered: .partlyDone
        case .configuration, .noCommandLine, .unreported: .environment
        case .unexpected: .unexpected
        }
    }

    /// Makes an error.
    package init(_ code: Code, _ message: String, hint: String? = nil) {
        self.code = code
        self.message = message
        self.hint = hint
    }

    static func confirmationNeeded(_ question: String, remedy: String) -> CLIError {
        CLIError(.confirmation, "there is no terminal to ask: \(question)", hint: "Use \(remedy).")
    }

    static let declined = CLIError(.declined, "nothing was changed: the answer was not yes")
}
