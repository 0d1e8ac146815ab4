// SPDX-License-Identifier: Apache-2.0

package import SystemPackage

/// How a package is opened.
package struct PackageOpening: Sendable {
    /// Where a package is kept while it is read, if it cannot be read where it is: for pipes and tar bundles.
    package var spoolFolder: FilePath = "/var/tmp"
    /// The name of a package that says none itself, or none that fits.
    package var name: PackageName?
    /// Its version.
    package var version: PackageVersion?
    /// The `kind` that the manifest of a `.baimodel` file has to have.
    var kind = "model"
    /// What made a manifest that is missing: `baigo 0.1.0`.
    package var madeBy = ""

    /// Starts with nothing said.
    package init() {}

    /// Opens what was written of a manifest that is known: one of another maker may not name the model itself.
    init(naming manifest: Manifest) {
        kind = manifest.kind
        guard manifest.isForeign else { return }
        (name, version) = (manifest.name, manifest.version)
    }
}
