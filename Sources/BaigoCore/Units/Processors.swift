// SPDX-License-Identifier: Apache-2.0

internal import CLinux

/// The processors of this host.
package enum Processors {
    /// How many this process may use; at least 1.
    package static var usable: Int { max(1, Int(linux_usable_processors())) }
}
