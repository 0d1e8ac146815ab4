// SPDX-License-Identifier: Apache-2.0

package import BaigoCore
package import BundleKit
package import EngineWire
package import SystemPackage

/// What a pack of the engine in use is going to hold: everything that it needs beyond the C library.
package struct EnginePlan: Sendable {
    package let plan: PackagePlan
    package let target: EngineTarget
    package let warnings: [Warning]

    /// What a pack says of itself.
    package struct Label: Sendable {
        package let id: String
        package let version: String
        /// What it is built for, where the engine's own record does not say enough.
        package let accelerator: String?
        package let createdAt: Timestamp
        package let createdBy: String

        /// Makes a label.
        package init(id: String, version: String, accelerator: String?, createdAt: Timestamp, createdBy: String) {
            self.id = id
            self.version = version
            self.accelerator = accelerator
            self.createdAt = createdAt
            self.createdBy = createdBy
        }
    }

    /// Finds everything that belongs to an engine.
    ///
    /// - Parameters:
    ///   - worker: The worker's program.
    ///   - description: What the worker says of itself.
    ///   - label: What the pack says of itself.
    ///   - hardware: This host.
    /// - Throws: `EngineError`: `incompatible`, where a library is missing, `invalidRequest` for an accelerator without a
    ///   backend; `BundleError` for id or version; `FileError`; `CancellationError`.
    package init(
        of worker: FilePath, _ description: EngineDescription, _ label: Label, on hardware: HostHardware
    ) throws {
        let places = EnginePlaces(worker: worker, libraries: FilePath(description.libraryFolder))
        var files = EngineFiles()
        var warnings: [Warning] = []
        try files.add(worker, as: EngineManifest.workerName)
        for name in [EngineManifest.serverName, EngineManifest.probeName] {
            if let found = places.find(name) {
                try files.add(found, as: name)
            } else {
                warnings.append(
                    Warning(identifier: EngineError.Code.notFound.rawValue, message: "\(name) is not in this engine"))
            }
        }
        let backends = try places.backends()
        for backend in backends { try files.addLibrary(backend, as: backend.lastComponent?.string ?? "") }
        for program in files.sources {
            for library in try LinkedLibraries.of(program) { try files.addLibrary(library.path, as: library.name) }
        }
        for text in try places.licenses() + EngineLicense.texts(for: files.libraryNames) {
            try files.add(text.path, as: "licenses/" + text.name, .license)
        }
        if !files.planned.contains(where: { $0.role == .license }) {
            warnings.append(
                Warning(
                    identifier: EngineError.Code.notFound.rawValue,
                    message: "no licence texts were found beside this engine; add them before you hand the pack on"))
        }
        let record = places.record()
        target = EngineTarget(
            os: hardware.os, architecture: hardware.architecture,
            accelerator: label.accelerator ?? Self.accelerator(record, files.libraryNames))
        if let names = AcceleratorNames(target.accelerator),
            !backends.contains(where: { Self.backendName($0) == names.backend })
        {
            throw EngineError(
                .invalidRequest,
                "the engine in use has no \(names.backend.escapedForOneLine) backend, so that no pack of it can be for "
                    + target.accelerator.escapedForOneLine,
                hint: "Use --accelerator cpu, or an engine that was built with that backend (docs/engines.md).")
        }
        let name = try PackageName(validating: label.id)
        try EngineManifest.check(id: label.id)
        let version = try PackageVersion(validating: label.version)
        let engine: JSONValue = [
            "backends": .array(backends.compactMap { Self.backendName($0).map(JSONValue.string) }),
            "ggmlCommit": .string(description.ggmlCommit), "ggmlVersion": .string(description.ggmlVersion),
            "glibc": .text(hardware.libraryVersion), "llamaVersion": .string(description.loadedVersion),
            "processor": .text(hardware.processor), "proved": record?["backends"] ?? .null,
        ]
        plan = PackagePlan(
            manifest: ManifestDraft(
                name: name, version: version,
                members: [
                    "accelerator": .string(target.accelerator), "arch": .string(target.architecture),
                    "createdAt": .string(label.createdAt.description), "createdBy": .string(label.createdBy),
                    "displayName": "llama.cpp with the worker of baigo", "engine": engine,
                    "kind": .string(EngineManifest.kind), "os": .string(target.os),
                ]),
            files: files.planned, metadata: nil)
        self.warnings = warnings
    }

    private static func backendName(_ path: FilePath) -> String? {
        path.lastComponent.map { String($0.string.dropFirst("libggml-".count).dropLast(".so".count)) }
    }

    /// `cuda12` where the libraries of CUDA 12 are needed.
    private static func accelerator(_ record: JSONValue?, _ libraries: [String]) -> String {
        let word = record?["accelerator"]?.string ?? "cpu"
        guard word == "cuda" else { return word }
        for library in libraries where library.hasPrefix("libcudart.so.") || library.hasPrefix("libcublas.so.") {
            let major = library.split(separator: ".").dropFirst(2).first ?? ""
            return word + major
        }
        return word
    }
}

/// The files of a pack that is being planned, each name once.
private struct EngineFiles {
    private(set) var planned: [PlannedFile] = []
    private var names: Set<String> = []

    /// Programs and libraries, to ask what they need.
    var sources: [FilePath] { planned.filter { $0.role == .runtime }.map(\.source) }
    var libraryNames: [String] {
        planned.filter { $0.path.hasPrefix("libs/") }.map { String($0.path.dropFirst("libs/".count)) }
    }

    mutating func addLibrary(_ path: FilePath, as name: String) throws { try add(path, as: "libs/" + name) }

    mutating func add(_ path: FilePath, as name: String, _ role: FileRole = .runtime) throws {
        guard names.insert(name).inserted else { return }
        let status = try OwnedDescriptor.open(reading: path).status()
        planned.append(PlannedFile(path: name, role: role, source: path, size: status.size))
    }
}
