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
    /// Bytes of the audit log's file after which the next line starts a new one.
    package let auditFileBytes: Int64

    /// Makes a context.
    package init(
        user: String, host: String, program: String, auditFileBytes: Int64 = 64 << 20,
        clock: @escaping @Sendable () -> Timestamp
    ) {
        self.auditFileBytes = auditFileBytes
        self.user = user
        self.host = host
        self.program = program
        self.clock = clock
    }

    /// The effective user on this host, with the system's clock.
    package static func current(program: String) -> StoreContext {
        StoreContext(user: userName(), host: hostName(), program: program, clock: { .now })
    }

    /// The name in `/etc/passwd`, read without the name service, which may ask a daemon or a network.
    private static func userName() -> String {
        let user = geteuid()
        guard let file = fopen("/etc/passwd", "re") else { return String(user) }
        defer { fclose(file) }
        while let record = fgetpwent(file) {
            if record.pointee.pw_uid == user, let name = record.pointee.pw_name { return String(cString: name) }
        }
        return String(user)
    }

    private static func hostName() -> String {
        var buffer = [CChar](repeating: 0, count: 256)
        guard gethostname(&buffer, buffer.count - 1) == 0 else { return "unknown" }
        return String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
