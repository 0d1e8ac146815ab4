// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// Says on standard error why the worker ends.
func lastWords(_ text: String) {
    let line = Array((text + "\n").utf8)
    _ = write(STDERR_FILENO, line, line.count)
}
