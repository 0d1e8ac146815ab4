// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import BundleKit
internal import EngineClient
internal import ModelStore
internal import SystemPackage

/// What a command finds on this host: configuration, store, keys, engine.
struct Host {
    let configuration: Configuration
    let home: FilePath
    private let context: CommandContext

    init(_ context: CommandContext) throws {
        self.context = context
        configuration = try Configuration(environment: context.environment)
        home = try configuration.home()
    }

    /// The user's own GnuPG home; `nil` for the default of gpg.
    var gnupgHome: String? { context.environment["GNUPGHOME"].flatMap { $0.isEmpty ? nil : $0 } }

    /// The worker program.
    ///
    /// - Throws: `EngineError`, code `not-found`.
    func engine() throws -> FilePath {
        try EngineLocator(configured: configuration.engine, executable: context.executable).locate()
    }

    /// The store; its folder may not exist yet.
    ///
    /// - Throws: `FileError` or `StoreError`.
    func store() throws -> ModelStore {
        try ModelStore.open(home: home, context: StoreContext.current(program: BaigoRelease.product))
    }

    /// A package at a path, or on standard input for `-`.
    ///
    /// - Throws: `BundleError` or `FileError`; `CLIError` for the name of a stored model.
    func package(at argument: String) throws -> PackageReader {
        guard argument != "-" else {
            let input = try OwnedDescriptor.duplicating(0, path: "standard input")
            return try PackageReader.open(stream: input, spoolingIn: try spoolFolder())
        }
        return try PackageReader.open(FilePath(argument))
    }

    /// Where a package from a pipe is kept when it cannot be read in one pass.
    private func spoolFolder() throws -> FilePath {
        if let named = context.environment["TMPDIR"], named.hasPrefix("/") { return FilePath(named) }
        return "/var/tmp"
    }
}
