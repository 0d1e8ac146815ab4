// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import SystemPackage

/// One look at a model's files.
struct ModelInspection {
    let options: ModelSourceOptions
    var collection = SourceCollection()
    var description = ModelDescription()
    var metadata = ModelMetadata()
    var warnings: [Warning] = []
    /// The folder that names below `model/` are relative to; `nil` for a single file.
    var base: FilePath?
    /// Whether there are weights or an adapter.
    var hasModel = false

    init(options: ModelSourceOptions) {
        self.options = options
    }

    /// Takes the weights, or the adapter, that a path names.
    mutating func readFile(_ path: FilePath) throws {
        let file = try ModelFile(reading: path)
        switch file.header.kind {
        case .text, .embedding:
            let folder = path.removingLastComponent()
            description.snapshot = try Self.snapshot(of: folder.isEmpty ? "." : folder)
            try addWeights(file)
        case .adapter: try addAdapter(file)
        case .projector:
            throw Self.noWeights(
                "\(file.shown) is a projector, not a model", "Name the model, and this file with --projector.")
        case .vocabulary:
            throw Self.noWeights("\(file.shown) is a vocabulary without weights", "Name the file with the weights.")
        case .auxiliary:
            throw Self.noWeights(
                "\(file.shown) holds data about a model, not a model", "Name the file with the weights.")
        }
    }

    /// The place on the Hub that a folder's path names, as given or with links resolved.
    static func snapshot(of folder: FilePath) throws(FileError) -> HubSnapshot? {
        let given = HubSnapshot(folder: folder.lexicallyNormalized().components.map(\.string))
        if let given { return given }
        return HubSnapshot(folder: try folder.resolved().components.map(\.string))
    }

    static func noWeights(_ message: String, _ hint: String) -> BundleError {
        BundleError(.noWeights, message, hint: hint)
    }

    /// The name below `model/` of a file.
    func relativePath(of source: FilePath) -> String {
        var rest = source.lexicallyNormalized()
        if let base, rest.removePrefix(base), !rest.isEmpty, rest.components.allSatisfy({ $0.kind == .regular }) {
            return rest.components.map(\.string).joined(separator: "/")
        }
        return source.lastComponent?.string ?? source.string
    }

    /// Adds a model with all its shards and takes over what it says of itself.
    mutating func addWeights(_ file: ModelFile) throws {
        let shards = try file.shards()
        let first = shards[0]
        guard first.header.architecture != nil else {
            throw BundleError(
                breaking: ModelHeaderRule.architecture,
                "\(first.shown) does not name its architecture (general.architecture)",
                hint: "Convert the model again with a present version of llama.cpp.")
        }
        var paths: [String] = []
        for shard in shards {
            paths.append(try collection.add(shard.source, as: relativePath(of: shard.source), role: .weights))
            noteTrailingBytes(shard)
        }
        metadata.headers.append((paths[0], first.header))
        hasModel = true
        description.header = first.header
        description.parameters = shards.reduce(0) { $0 &+ $1.header.parameters }
        description.nameCandidates.insert(first.name, at: 0)
    }

    /// Adds an adapter; without weights it is what the package is about.
    mutating func addAdapter(_ file: ModelFile) throws {
        let path = try collection.add(file.source, as: relativePath(of: file.source), role: .adapter)
        guard !metadata.headers.contains(where: { $0.path == path }) else { return }
        noteTrailingBytes(file)
        metadata.headers.append((path, file.header))
        if let model = description.header, let made = file.header.architecture, made != model.architecture {
            warn(
                "source.adapter-mismatch",
                "\(path) was made for \(made.escapedForOneLine), the model is "
                    + (model.architecture?.escapedForOneLine ?? "something else"))
        }
        guard !hasModel else { return }
        hasModel = true
        description.header = file.header
        description.parameters = file.header.parameters
        description.nameCandidates.insert(file.name, at: 0)
    }

    /// Adds a projector.
    mutating func addProjector(_ file: ModelFile) throws {
        let path = try collection.add(file.source, as: relativePath(of: file.source), role: .projector)
        noteTrailingBytes(file)
        metadata.headers.append((path, file.header))
    }

    private mutating func noteTrailingBytes(_ file: ModelFile) {
        guard file.header.trailingByteCount > 0 else { return }
        warn(
            "source.trailing-bytes",
            "\(file.shown) has \(ByteCount(file.header.trailingByteCount)) after its last tensor")
    }

    mutating func warn(_ identifier: String, _ message: String) {
        warnings.append(Warning(identifier: identifier, message: message))
    }

    /// Adds what the options name, decides whether there is a model, and draws the conclusions.
    mutating func result() throws -> ModelSource {
        try addRequested()
        try noteContents()
        let draft = description.draft(options)
        if draft.members["license"] == nil {
            warn("source.no-license", "no licence was found; --license ID and --license-file FILE name one")
        }
        metadata.configuration = description.configuration
        metadata.card = description.card
        return ModelSource(
            files: collection.sorted, draft: draft, metadata: metadata.bytes, header: description.header,
            warnings: warnings)
    }

    /// Names the files that run code when they are loaded, and checks those that can be checked.
    private mutating func noteContents() throws {
        var running: [String] = []
        for file in collection.files where !file.path.lowercased().hasSuffix(".gguf") {
            let opened = try OwnedDescriptor.open(reading: file.source)
            if file.path.lowercased().hasSuffix(".safetensors") { _ = try SafetensorsHeader(reading: opened) }
            let content = try FileContent(of: opened) ?? FileContent(named: file.path)
            if content?.runsCode ?? false { running.append(file.path) }
        }
        guard !running.isEmpty else { return }
        let shown = running.sorted().prefix(20).joined(separator: ", ")
        warn("model.pickle", "\(shown): loading this in Python can run any code; safetensors and GGUF files cannot")
    }

    private mutating func addRequested() throws {
        if case .file(let path) = options.projector { try addProjector(at: path) }
        for path in options.adapters { try addAdapter(at: path) }
        for inclusion in options.includes { try include(inclusion) }
        if let path = options.licenseFile {
            description.licenseFile = try collection.add(path, as: relativePath(of: path), role: .license)
        }
    }

    private mutating func addProjector(at path: FilePath) throws {
        let file = try ModelFile(reading: path)
        guard file.isProjector else { throw Self.misfit(file, "projector") }
        try addProjector(file)
    }

    private mutating func addAdapter(at path: FilePath) throws {
        let file = try ModelFile(reading: path)
        guard file.header.kind == .adapter else { throw Self.misfit(file, "adapter") }
        try addAdapter(file)
    }

    private mutating func include(_ inclusion: SourceInclusion) throws {
        var role = inclusion.role ?? .other
        if FileRecognition(inclusion.path.lastComponent?.string ?? "") == .gguf {
            if role == .projector { return try addProjector(at: inclusion.path) }
            if role == .adapter { return try addAdapter(at: inclusion.path) }
        }
        if inclusion.role == nil, let name = inclusion.path.lastComponent?.string,
            case .companion(let found) = FileRecognition(name)
        {
            role = found
        }
        if inclusion.role == nil, role == .other,
            try FileContent(of: try OwnedDescriptor.open(reading: inclusion.path)) == .containerImage
        {
            role = .runtime
        }
        let path = try collection.add(inclusion.path, as: relativePath(of: inclusion.path), role: role)
        if role == .license, description.licenseFile == nil { description.licenseFile = path }
    }

    private static func misfit(_ file: ModelFile, _ what: String) -> BundleError {
        BundleError(
            .invalidRequest, "\(file.shown) is no \(what): its header says \(file.header.kind.rawValue)",
            hint: "Name a GGUF file of the kind \(what).")
    }
}

extension ModelFile {
    /// Whether name or header call the file a projector.
    var isProjector: Bool {
        header.kind == .projector || (header.kind == .text && name.lowercased().contains("mmproj"))
    }
}
