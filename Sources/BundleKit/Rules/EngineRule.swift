// SPDX-License-Identifier: Apache-2.0

/// The rules for engine packs beside those of every container, list and manifest.
package enum EngineRule: String, BundleRule {
    package static let code = BundleError.Code.enginePack

    /// A link leads to a file in its own folder.
    case link
    /// There is `baigo-engine` or `llama-server` at the top, and what the manifest calls a program is there.
    case program
    /// Manifest, file name and index tell one id, version, system, architecture and accelerator.
    case target
    /// The pack is built for this system and processor.
    case platform
    /// `packages.json` is the index of a registry.
    case index
}
