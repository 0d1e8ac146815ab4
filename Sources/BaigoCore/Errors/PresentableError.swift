// SPDX-License-Identifier: Apache-2.0

/// An error that can be shown to a person and to a script.
package protocol PresentableError: Error, Sendable {
    /// Stable and dotted, for JSON, HTTP and tests: `bundle.digest-mismatch`.
    var identifier: String { get }
    /// One sentence: what failed, and on which file, entry or model.
    var message: String { get }
    /// The next step to try, if there is one.
    var hint: String? { get }
    /// How the process ends when nobody handles the error.
    var exitStatus: ExitStatus { get }
}

extension PresentableError {
    /// A warning with the words of this error, for results that go on without it.
    package var asWarning: Warning { Warning(identifier: identifier, message: message) }
}

/// Something a person should know that does not change the verdict.
package struct Warning: Sendable, Equatable {
    /// Stable and dotted: `signature.unknown-key`.
    package let identifier: String
    /// One sentence.
    package let message: String

    /// Makes a warning.
    package init(identifier: String, message: String) {
        self.identifier = identifier
        self.message = message
    }
}
