// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import BaigoCore
internal import BundleKit
internal import SystemPackage

/// What the manifest says and the package holds, where the model itself does not tell.
struct DescriptionOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("Name of the model (default: from the model's own name).", valueName: "[publisher/]model"))
    var name: String?

    @Option(
        help: ArgumentHelp(
            "Version (default: sha- and 12 digits, the same for the same content).", valueName: "version"))
    var version: String?

    @Option(help: ArgumentHelp("Name for people.", valueName: "text"))
    var displayName: String?

    @Option(
        name: .customLong("base-model"),
        help: ArgumentHelp("What the model was made from; may be repeated.", valueName: "owner/name"))
    var baseModels: [String] = []

    @Option(help: ArgumentHelp("Who published the model.", valueName: "text"))
    var publisher: String?

    @Option(help: ArgumentHelp("Where it is kept: owner/name.", valueName: "text"))
    var repository: String?

    @Option(help: ArgumentHelp("Which revision of the repository it is.", valueName: "text"))
    var revision: String?

    @Option(name: .customLong("source-url"), help: ArgumentHelp("Where it was fetched.", valueName: "url"))
    var sourceURL: String?

    @Option(help: ArgumentHelp("Licence, as an SPDX identifier.", valueName: "id"))
    var license: String?

    @Option(help: ArgumentHelp("File with the licence's text.", valueName: "file"))
    var licenseFile: String?

    @Option(
        help: ArgumentHelp(
            "Projector of a model that sees or hears (default: the one in the folder).", valueName: "file"))
    var projector: String?

    @Flag(help: "Leave the folder's projector out.")
    var noProjector = false

    @Option(
        name: .customLong("adapter"), help: ArgumentHelp("LoRA adapter to include; may be repeated.", valueName: "file")
    )
    var adapters: [String] = []

    @Option(
        name: .customLong("include"),
        help: ArgumentHelp(
            "Another file to include, with its role if it is not clear; may be repeated.", valueName: "file[:role]"))
    var includes: [String] = []

    func validate() throws {
        if projector != nil, noProjector {
            throw ValidationError("--projector and --no-projector exclude each other.")
        }
    }

    /// Whether nothing is said that would change a stored manifest.
    var isEmpty: Bool {
        [name, version, displayName, publisher, repository, revision, sourceURL, license, licenseFile, projector]
            .allSatisfy {
                $0 == nil
            }
            && !noProjector && baseModels.isEmpty && adapters.isEmpty && includes.isEmpty
    }

    /// Files that these options name.
    func files() throws -> [String] {
        let included = try includes.map { include throws(BundleError) in
            try SourceInclusion(parsing: include).path.string
        }
        return [licenseFile, projector].compactMap(\.self) + adapters + included
    }

    /// The options as the library takes them.
    func sourceOptions(_ context: CommandContext) throws -> ModelSourceOptions {
        var options = ModelSourceOptions(createdAt: try context.packageTime(), createdBy: BaigoRelease.product)
        options.name = try name.map { name throws(BundleError) in try PackageName(validating: name) }
        options.version = try version.map { version throws(BundleError) in try PackageVersion(validating: version) }
        options.displayName = displayName
        options.baseModels = baseModels
        options.publisher = publisher
        options.repository = repository
        options.revision = revision
        options.sourceURL = sourceURL
        options.licenseID = license
        options.licenseFile = licenseFile.map { FilePath($0) }
        options.projector =
            noProjector ? ModelSourceOptions.Projector.none : projector.map { .file(FilePath($0)) } ?? .automatic
        options.adapters = adapters.map { FilePath($0) }
        options.includes = try includes.map { include throws(BundleError) in try SourceInclusion(parsing: include) }
        return options
    }
}
