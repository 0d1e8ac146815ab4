// SPDX-License-Identifier: Apache-2.0

/// How a baigo process ends.
///
/// A number never changes meaning; `docs/exit-status.md` lists them for scripts.
package enum ExitStatus: Int32, Sendable, CaseIterable {
    /// Everything asked for was done.
    case done = 0
    /// A failure that no other status describes.
    case unexpected = 1
    /// Some of several things were done; standard error names what failed.
    case partlyDone = 2
    /// A model, package or file does not exist.
    case notFound = 3
    /// Content is damaged, malformed, unsupported or does not match its digests.
    case invalidContent = 4
    /// A signature is missing where one is required, bad, or not trusted.
    case signature = 5
    /// The engine could not load or run the model.
    case engine = 6
    /// Space, permission, lock, port or clock stand in the way.
    case environment = 7
    /// The model exists already with other content.
    case alreadyExists = 8
    /// A policy refuses it.
    case policy = 9
    /// The command line is wrong.
    case usage = 64
    /// Ended because its terminal or connection was closed (SIGHUP).
    case hungUp = 129
    /// Ended by an interrupt (SIGINT).
    case interrupted = 130
    /// Ended by a termination request (SIGTERM).
    case terminated = 143
    /// The reader of standard output went away.
    case outputClosed = 141
}
