// SPDX-License-Identifier: Apache-2.0

package import BaigoCore
internal import Glibc

/// Who works with a store, with what, and when: what goes into receipts and audit lines.
package struct StoreContext: Sendable {
    /// The user's name, or the user's number where there is no name.
    package let user: String
    /// The name of the host.
    package let host: String
    /// The program and its version: `baigo 0.1.0`.
    package let program: String
    /// Tells the time.
    package let clock: @Sendable () -> Timestamp

    /// Makes a context.
    package init(user: String, host: String, program: String, clock: @escaping @Sendable () -> Timestamp) {
        self.user = user
        self.host = host
        self.program = program
        self.clock = clock
    }

    /// The effective user on this host, with the system's clock.
    package static func current(program: String) -> StoreContext {
        StoreContext(user: userName(), host: hostName(), program: program, clock: { .now })
    }

    private static func userName() -> String {
        let user = geteuid()
        var record = passwd()
        var found: UnsafeMutablePointer<passwd>?
        var buffer = [CChar](repeating: 0, count: 16384)
        guard getpwuid_r(user, &record, &buffer, buffer.count, &found) == 0, let found,
            let name = found.pointee.pw_name
        else { return String(user) }
        return String(cString: name)
    }

    private static func hostName() -> String {
        var buffer = [CChar](repeating: 0, count: 256)
        guard gethostname(&buffer, buffer.count - 1) == 0 else { return "unknown" }
        return String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
