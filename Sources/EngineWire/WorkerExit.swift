// SPDX-License-Identifier: Apache-2.0

/// Exit statuses by which a worker says why it ended.
///
/// Those of `<sysexits.h>` where they fit.
package enum WorkerExit {
    /// It was not started by baigo.
    package static let misused: Int32 = 64
    /// What it received is no request.
    package static let noRequest: Int32 = 65
    /// The engine cannot start; an event said why.
    package static let noEngine: Int32 = 69
    /// It made an event that cannot be sent.
    package static let unsendable: Int32 = 70
    /// The system refused a thread.
    package static let noThread: Int32 = 71
    /// An allocation failed where the engine could not go on without it.
    package static let outOfMemory: Int32 = 72
    /// The stack of the engine was used up.
    package static let stackOverflow: Int32 = 73
}
