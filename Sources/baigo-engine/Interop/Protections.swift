// SPDX-License-Identifier: Apache-2.0

internal import CWorkerGuard

/// What keeps a worker from doing harm when a model takes it over.
enum Protections {
    /// Puts this process under every protection that the kernel lets it have.
    ///
    /// Call it before anything else.
    ///
    /// - Returns: The protections in force, in words.
    static func apply() -> [String] {
        let applied = baigo_guard_apply()
        let names: [(baigo_guard, String)] = [
            (BAIGO_GUARD_PARENT_DEATH, "ends with baigo"),
            (BAIGO_GUARD_NO_NEW_PRIVILEGES, "no new privileges"),
            (BAIGO_GUARD_NO_CORE_FILE, "no core file"),
            (BAIGO_GUARD_DESCRIPTORS_CLOSED, "no inherited files"),
            (BAIGO_GUARD_NETWORK_NAMESPACE, "no network interface"),
            (BAIGO_GUARD_SOCKET_FILTER, "no network sockets"),
        ]
        return names.filter { applied & $0.0.rawValue != 0 }.map(\.1)
    }
}
