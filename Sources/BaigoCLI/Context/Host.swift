// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import BundleKit
internal import EngineClient
internal import ModelStore
internal import SystemPackage

/// What a command finds on this host: configuration, store, keys, engine.
struct Host {
    let configuration: Configuration
    private let place: Result<FilePath, any Error>
    private let context: CommandContext

    /// Reads the configuration.
    ///
    /// - Throws: `CLIError`, code `configuration`; `FileError`.
    init(_ context: CommandContext) throws {
        self.init(context, try Configuration(environment: context.environment))
    }

    /// Reads what can be read of the configuration.
    ///
    /// - Parameters:
    ///   - context: The command's.
    ///   - onFault: Told what is wrong with it.
    init(examining context: CommandContext, onFault: (any PresentableError) -> Void) {
        self.init(context, Configuration(environment: context.environment, onFault: onFault))
    }

    private init(_ context: CommandContext, _ configuration: Configuration) {
        self.context = context
        self.configuration = configuration
        place = Result { try Self.home(context.choice, configuration) }
    }

    /// The folder of the store, which may not exist yet.
    ///
    /// - Throws: `CLIError` where none is known; models that are named by their path do not need one.
    var home: FilePath { get throws { try place.get() } }

    private static func home(_ choice: StoreChoice, _ configuration: Configuration) throws -> FilePath {
        switch choice {
        case .configured: return try configuration.home()
        case .home(let folder): return folder
        case .system:
            guard let shared = try configuration.systemStore() else {
                throw CLIError(
                    .configuration, "this host has no system store", hint: "Set system-store in config.toml.")
            }
            return shared
        }
    }

    /// The user's own GnuPG home; `nil` for the default of gpg.
    var gnupgHome: String? { context.environment["GNUPGHOME"].flatMap { $0.isEmpty ? nil : $0 } }

    /// The worker program: the one that is configured, that of the active engine pack, or the one that came with baigo.
    ///
    /// - Throws: `EngineError`, code `not-found` or `no-worker`; `StoreError`, `FileError` for a store that cannot say
    ///   which engine is active.
    func engine() throws -> FilePath {
        let pack = try configuration.engine == nil ? activePack() : nil
        return try EngineLocator(configured: configuration.engine, pack: pack, executable: context.executable).locate()
    }

    /// The active engine of the own store, else of the system store; `nil` for the one that came with baigo, and where
    /// no store is known.
    ///
    /// - Throws: `StoreError`, `FileError`.
    func activeEngine() throws -> StoredEngine? {
        guard (try? place.get()) != nil else { return nil }
        let shelf: StoreShelf
        do { shelf = try self.shelf() } catch let error as StoreError where error.code == .notAStore {
            // A folder that is no store has no engines; what needs a store says so itself.
            return nil
        }
        return try shelf.own.activeEngine() ?? shelf.system()?.activeEngine()
    }

    private func activePack() throws -> ActivePack? {
        guard let engine = try activeEngine(), let ready = engine.ready else { return nil }
        return ActivePack(name: engine.reference, folder: ready, hasWorker: engine.receipt.hasWorker)
    }

    /// Where packages and packs are kept while they are read.
    var spoolFolder: FilePath {
        if let named = context.environment["TMPDIR"], named.hasPrefix("/") { return FilePath(named) }
        return PackageOpening().spoolFolder
    }

    /// What of the store no command writes to by name; nothing where no store is known.
    var storePlaces: [String] {
        guard let home = try? place.get() else { return [] }
        return ["audit", "blobs", "engines", "lock", "models", "policy.toml", "staging", "store.json", "trust"]
            .map { home.appending($0).string }
    }

    /// The store; its folder may not exist yet.
    ///
    /// - Throws: `FileError` or `StoreError`.
    func store() throws -> ModelStore {
        try ModelStore.open(
            home: try home, context: StoreContext.current(program: BaigoRelease.product),
            sharing: context.choice == .system
        )
    }

    /// The store with the host's shared one beneath it, for reading; alone where the command line names it.
    ///
    /// - Throws: `FileError` or `StoreError` for the store itself; `CLIError`.
    func shelf() throws -> StoreShelf {
        StoreShelf(own: try store(), system: context.choice == .configured ? try configuration.systemStore() : nil)
    }

    /// A package at a path, or on standard input for `-`.
    ///
    /// - Throws: `BundleError` or `FileError`; `CLIError` for the name of a stored model.
    func package(at argument: String, _ naming: NamingOptions? = nil) throws -> PackageReader {
        let opening = try opening(naming)
        guard argument != "-" else {
            let input = try OwnedDescriptor.duplicating(0, path: "standard input")
            return try PackageReader.open(stream: input, opening)
        }
        return try PackageReader.open(FilePath(argument), opening)
    }

    /// A package in an open regular file; nothing beside the file is read or written.
    ///
    /// - Throws: `BundleError` or `FileError`.
    func package(reading file: OwnedDescriptor) throws -> PackageReader {
        try PackageReader.open(stream: file, try opening(nil))
    }

    private func opening(_ naming: NamingOptions?) throws -> PackageOpening {
        var opening = PackageOpening()
        opening.spoolFolder = spoolFolder
        opening.name = try naming?.name.map { name throws(BundleError) in try PackageName(validating: name) }
        opening.version = try naming?.version.map { text throws(BundleError) in try PackageVersion(validating: text) }
        opening.madeBy = BaigoRelease.product
        return opening
    }
}
