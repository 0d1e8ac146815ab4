// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import BundleKit
internal import Glibc
internal import ModelStore

/// Which models a list shows.
struct ListFilter: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Only names that fit, with or without their publisher: *, ? and [a-z] stand for others.",
            valueName: "pattern"))
    var name: String?

    @Option(help: ArgumentHelp("Only this licence, an SPDX identifier; case does not count.", valueName: "id"))
    var license: String?

    @Option(help: ArgumentHelp("Only this architecture; case does not count.", valueName: "name"))
    var architecture: String?

    @Flag(help: "Every version, not only the active one of each name.")
    var all = false

    init() {}

    /// Whether nothing is left out.
    var isEmpty: Bool { name == nil && license == nil && architecture == nil && !all }

    /// Picks the versions of a model that fit.
    ///
    /// - Parameters:
    ///   - model: With all its versions.
    ///   - isWhole: Whether all of its versions are asked for anyway.
    /// - Returns: These versions, the newest first.
    func versions(of model: StoredModel, whole isWhole: Bool) -> [StoredVersion] {
        guard name.map({ Self.fits(model.name, $0) }) ?? true else { return [] }
        let isOne = model.versions.count == 1 || all || isWhole
        let shown = isOne ? model.versions : [model.active ?? model.versions.first].compactMap(\.self)
        guard license != nil || architecture != nil else { return shown }
        return shown.filter { version in
            Self.equals(license, version.summary.license)
                && Self.equals(architecture, version.summary.architecture)
        }
    }

    private static func equals(_ wanted: String?, _ found: String?) -> Bool {
        wanted.map { $0.lowercased() == found?.lowercased() } ?? true
    }

    /// Source: fnmatch(3).
    private static func fits(_ name: PackageName, _ pattern: String) -> Bool {
        fnmatch(pattern, name.description, 0) == 0 || fnmatch(pattern, name.model, 0) == 0
    }
}
