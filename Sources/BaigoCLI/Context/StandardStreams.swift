// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// The standard streams of a process that may have been started without some of them.
package enum StandardStreams {
    /// Gives closed streams a place, so that no file that is opened later gets their numbers.
    ///
    /// To read from standard input that was closed is an error from then on, and what goes to closed standard error is
    /// lost. Has to come before anything else.
    ///
    /// - Returns: Whether standard output was open.
    package static func fill() -> Bool {
        var isOutputOpen = true
        let modes: [(number: CInt, mode: CInt)] = [(0, O_WRONLY), (1, O_RDONLY), (2, O_WRONLY)]
        for (number, mode) in modes where fcntl(number, F_GETFD) < 0 {
            // The lowest number that is free is this one.
            _ = open("/dev/null", mode)
            if number == 1 { isOutputOpen = false }
        }
        return isOutputOpen
    }
}
