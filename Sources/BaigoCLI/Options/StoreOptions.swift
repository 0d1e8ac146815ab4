// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import SystemPackage

/// Which store a command line means.
enum StoreChoice: Sendable, Equatable {
    /// The one that configuration and environment name, with the host's shared one beneath for reading.
    case configured
    /// Just this one.
    case home(FilePath)
    /// Just the host's shared one.
    case system
}

/// Options that say which store is meant.
protocol StoreChoosing: ParsableArguments {
    var choice: StoreChoice { get }
}

/// The option of every command that says which store is meant.
struct HomeOption: StoreChoosing {
    @Option(help: ArgumentHelp("Use the store in this folder, and no other.", valueName: "folder"))
    var home: String?

    init() {}

    func validate() throws {
        if home?.isEmpty == true { throw ValidationError("--home needs the name of a folder.") }
    }

    var choice: StoreChoice { home.map { .home(FilePath($0)) } ?? .configured }
}

/// The same with a short form for the host's shared store, for commands whose `--system` means nothing else.
struct StoreOptions: StoreChoosing {
    @OptionGroup(title: "Store") var place: HomeOption

    @Flag(help: "Use the store that all users of this host share, and no other.")
    var system = false

    init() {}

    func validate() throws {
        if place.home != nil, system { throw ValidationError("--home and --system exclude each other.") }
    }

    var choice: StoreChoice { system ? .system : place.choice }
}
