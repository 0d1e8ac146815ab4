// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import SystemPackage
internal import TOMLKit

/// What configuration files and the environment say, the environment first.
///
/// Files: `$BAIGO_CONFIG`, or `$XDG_CONFIG_HOME/baigo/config.toml`; then `/etc/baigo/config.toml`.
struct Configuration: Sendable {
    /// Keys that a configuration file may have.
    private static let keys: Set<String> = ["home", "offline", "engine", "signing-key", "progress", "system-store"]

    private let layers: [[String: String]]
    private let environment: [String: String]

    /// Reads the files that exist.
    ///
    /// - Throws: `CLIError`, code `configuration`, naming file and line.
    init(environment: [String: String]) throws {
        try self.init(environment: environment) { throw $0 }
    }

    /// Reads the files that exist, and leaves out what is wrong in them.
    ///
    /// - Parameters:
    ///   - environment: Variables of the process.
    ///   - onFault: Told what is wrong with a file or one of its keys.
    init(environment: [String: String], onFault: (any PresentableError) throws -> Void) rethrows {
        self.environment = environment
        var files: [(path: FilePath, isNamed: Bool)] = []
        if let named = environment["BAIGO_CONFIG"], !named.isEmpty {
            files.append((FilePath(named), true))
        } else if let base = Self.folder("XDG_CONFIG_HOME", ".config", environment) {
            files.append((base.appending("baigo/config.toml"), false))
        }
        files.append(("/etc/baigo/config.toml", false))
        layers = try files.compactMap { try Self.read($0.path, isNamed: $0.isNamed, onFault) }
    }

    /// The store's folder.
    ///
    /// - Throws: `CLIError` where neither `BAIGO_HOME` nor a home folder is known.
    func home() throws -> FilePath {
        if let named = value("home", variable: "BAIGO_HOME") { return FilePath(named) }
        guard let base = Self.folder("XDG_DATA_HOME", ".local/share", environment) else {
            throw CLIError(
                .configuration, "neither BAIGO_HOME nor HOME is set", hint: "Set BAIGO_HOME to the folder of the store."
            )
        }
        return base.appending("baigo")
    }

    /// The store that all users of this host share; `nil` where it is switched off.
    ///
    /// - Throws: `CLIError` for a path that depends on the current folder.
    func systemStore() throws -> FilePath? {
        let named = value("system-store", variable: "BAIGO_SYSTEM_STORE") ?? "/var/lib/baigo"
        guard named != "none" else { return nil }
        guard named.hasPrefix("/") else {
            throw CLIError(
                .configuration, "the system store is no absolute path: \(named.escapedForOneLine)",
                hint: "Name a folder from / on, or none.")
        }
        return FilePath(named)
    }

    /// Whether the network is off limits, even for commands whose job it is.
    var isOffline: Bool {
        ["1", "true", "yes", "on"].contains(value("offline", variable: "BAIGO_OFFLINE")?.lowercased())
    }
    /// The worker program, where it is not the installed one.
    var engine: String? { value("engine", variable: "BAIGO_ENGINE") }
    /// The key that `--sign` uses.
    var signingKey: String? { value("signing-key", variable: nil) }
    /// How progress is shown.
    var progress: String? { value("progress", variable: nil) }

    private func value(_ key: String, variable: String?) -> String? {
        if let variable, let value = environment[variable], !value.isEmpty { return value }
        return layers.lazy.compactMap { $0[key] }.first
    }

    /// A base folder of the XDG specification; relative values of the variable are ignored as it demands.
    private static func folder(_ variable: String, _ fallback: String, _ environment: [String: String]) -> FilePath? {
        if let named = environment[variable], named.hasPrefix("/") { return FilePath(named) }
        guard let home = environment["HOME"], !home.isEmpty else { return nil }
        return FilePath(home).appending(fallback)
    }

    private static func read(
        _ path: FilePath, isNamed: Bool, _ onFault: (any PresentableError) throws -> Void
    ) rethrows -> [String: String]? {
        let bytes: [UInt8]
        do throws(FileError) {
            bytes = try OwnedDescriptor.open(reading: path).bytes(at: 0, count: 1 << 20)
        } catch {
            if error.code != .notFound || isNamed { try onFault(error) }
            return nil
        }
        let table: TOMLTable
        do {
            table = try TOMLTable(string: String(decoding: bytes, as: UTF8.self))
        } catch {
            try onFault(CLIError(.configuration, "\(path) is not valid TOML: \(error)", hint: "Mend the file."))
            return nil
        }
        var values: [String: String] = [:]
        for key in table.keys {
            guard keys.contains(key) else {
                try onFault(
                    CLIError(
                        .configuration, "\(path) has the unknown key \(key.escapedForOneLine)",
                        hint: "Known keys: \(keys.sorted().joined(separator: ", "))."))
                continue
            }
            guard let value = table[key]?.string ?? table[key]?.bool.map(String.init) else {
                try onFault(
                    CLIError(
                        .configuration, "\(path) has a value for \(key) that is neither text nor true or false"))
                continue
            }
            values[key] = value
        }
        return values
    }
}
