// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import SystemPackage

extension ModelInspection {
    /// Takes everything of a folder that is recognised; exactly one set of weights, or one adapter, must be there.
    mutating func readFolder(_ path: FilePath) throws {
        var path = path
        if let hub = try HubFolder(at: path) {
            path = try hub.snapshot(options.revision)
            description.choosesRevision = true
        }
        let folder = try SourceFolder(listing: path)
        base = path.lexicallyNormalized()
        try noteOrigin(of: path)
        var leftOut = folder.unusable
        let found = folder.files.map { ($0, FileRecognition($0.name)) }
        try addModels(found.filter { $0.1 == .gguf }.map(\.0), leftOut: &leftOut)
        try addOtherWeights(found, leftOut: &leftOut)
        guard hasModel || !options.adapters.isEmpty else {
            if let link = folder.outside.first(where: Self.looksLikeWeights) {
                throw Self.noWeights(
                    "\(path.string.escapedForTerminal) holds no weights: \(link.escapedForOneLine) is a link that leads "
                        + "out of the folder",
                    "Name the file that it leads to, or copy it into the folder.")
            }
            if let broken = folder.unusable.first(where: Self.looksLikeWeights) {
                throw Self.noWeights(
                    "\(path.string.escapedForTerminal) holds no weights: \(broken.escapedForOneLine) is no file "
                        + "and no link to one",
                    "Finish the download of the model.")
            }
            throw Self.noWeights(
                "\(path.string.escapedForTerminal) holds no weights that baigo knows",
                "Name a folder with a .gguf file, or with .safetensors or .onnx files.")
        }
        try addCompanions(found, leftOut: &leftOut)
        noteOutside(folder.outside, of: path)
        noteLeftOut(leftOut, of: path)
    }

    private mutating func noteOutside(_ names: [String], of folder: FilePath) {
        let names = unrequested(names, of: folder)
        guard !names.isEmpty else { return }
        warn(
            "source.outside",
            "left out, since they are links that lead out of the folder: \(Self.listed(names)); --include FILE takes one "
                + "along")
    }

    private static func looksLikeWeights(_ relativePath: String) -> Bool {
        switch FileRecognition(String(relativePath.split(separator: "/").last ?? "")) {
        case .gguf, .weights: true
        case .companion, .unknown: false
        }
    }

    /// Finds out what the folder's place says: repository and revision, or a name at least.
    mutating func noteOrigin(of folder: FilePath) throws {
        description.snapshot = try Self.snapshot(of: folder)
        if description.snapshot == nil { description.fetchedRevision = try HubDownload.commit(of: folder) }
        if let repository = description.snapshot?.repository, let name = repository.split(separator: "/").last {
            description.nameCandidates.append(String(name))
        } else {
            let places = [folder.lexicallyNormalized(), try folder.resolved()]
            description.nameCandidates += places.compactMap { $0.lastComponent?.string }
        }
    }

    private mutating func addModels(_ found: [FoundFile], leftOut: inout [String]) throws {
        var models: [(set: String, file: ModelFile)] = []
        var projectors: [ModelFile] = []
        var adapters: [ModelFile] = []
        for place in found {
            let file = try ModelFile(reading: place.source)
            if file.isProjector {
                projectors.append(file)
                continue
            }
            switch file.header.kind {
            case .text, .embedding:
                let set = Self.setName(of: place, file)
                if !models.contains(where: { $0.set == set }) { models.append((set, file)) }
            case .adapter: adapters.append(file)
            case .projector: projectors.append(file)
            case .vocabulary, .auxiliary: leftOut.append(place.relativePath)
            }
        }
        guard models.count <= 1 else { throw Self.ambiguous("models", models.map(\.set), "Name one of them.") }
        if let model = models.first?.file { try addWeights(model) }
        if models.isEmpty, adapters.count > 1 {
            let names = adapters.map { relativePath(of: $0.source) }
            throw Self.ambiguous("adapters and no model", names, "Name one of them, or the model and --adapter.")
        }
        for adapter in adapters { try addAdapter(adapter) }
        try addProjectors(projectors, leftOut: &leftOut)
    }

    /// One name for all shards of a model.
    private static func setName(of place: FoundFile, _ file: ModelFile) -> String {
        guard file.header.split != nil, let shard = ShardName(place.name) else { return place.relativePath }
        return place.relativePath.dropLast(place.name.count) + shard.name(of: 1)
    }

    private mutating func addProjectors(_ projectors: [ModelFile], leftOut: inout [String]) throws {
        let names = projectors.map { relativePath(of: $0.source) }
        switch options.projector {
        case .automatic:
            guard projectors.count <= 1 else {
                throw Self.ambiguous("projectors", names, "Choose one with --projector FILE, or use --no-projector.")
            }
            if let projector = projectors.first { try addProjector(projector) }
        case .file(let chosen):
            let chosen = chosen.lexicallyNormalized()
            leftOut += zip(names, projectors).filter { $1.source.lexicallyNormalized() != chosen }.map(\.0)
        case .none: leftOut += names
        }
    }

    private static func ambiguous(_ what: String, _ names: [String], _ hint: String) -> BundleError {
        let shown = names.prefix(20).map(\.escapedForOneLine).joined(separator: ", ")
        let more = names.count > 20 ? " and \(names.count - 20) more" : ""
        return BundleError(
            .invalidRequest, "the folder holds \(names.count) \(what): \(shown)\(more)", hint: hint)
    }

    /// Carries weights of another format where there is no GGUF file: all files of the first format that is there.
    private mutating func addOtherWeights(
        _ found: [(FoundFile, FileRecognition)], leftOut: inout [String]
    ) throws {
        for format in FileRecognition.WeightFormat.allCases {
            let files = try found.filter { try Self.isWeights($0.0, $0.1, of: format) }.map(\.0)
            guard !hasModel, !files.isEmpty else {
                leftOut += files.map(\.relativePath)
                continue
            }
            try Self.checkShards(files)
            for file in files { try collection.add(file.source, as: file.relativePath, role: .weights) }
            description.format = try Self.format(of: files, format)
            if format == .safetensors { try readSafetensors(files) }
            hasModel = true
        }
        let adapter = found.first { $0.1 == .companion(.adapter) }?.0
        guard !hasModel, let adapter else { return }
        let isSafe = adapter.name.lowercased().hasSuffix(".safetensors")
        description.format = isSafe ? "safetensors" : "pytorch"
        if isSafe { try readSafetensors([adapter]) }
        hasModel = true
    }

    /// Files whose endings say little, `.bin` and `.pkl`, count by what is in them.
    private static func isWeights(
        _ file: FoundFile, _ recognition: FileRecognition, of format: FileRecognition.WeightFormat
    ) throws -> Bool {
        guard recognition == .unknown else { return recognition == .weights(format) }
        guard format == .pytorch, [".bin", ".pkl"].contains(where: file.name.lowercased().hasSuffix) else {
            return false
        }
        return try FileContent(of: try OwnedDescriptor.open(reading: file.source))?.runsCode ?? false
    }

    private static func format(of files: [FoundFile], _ format: FileRecognition.WeightFormat) throws -> String {
        guard format == .pytorch, let first = files.first,
            try FileContent(of: try OwnedDescriptor.open(reading: first.source)) == .torchScript
        else { return format.rawValue }
        return FileContent.torchScript.rawValue
    }

    private mutating func readSafetensors(_ files: [FoundFile]) throws {
        var parameters: Int64 = 0
        for file in files {
            let header = try SafetensorsHeader(reading: try OwnedDescriptor.open(reading: file.source))
            parameters = parameters.clampedAdding(header.parameters)
        }
        if parameters > 0 { description.parameters = parameters }
    }

    private static func checkShards(_ files: [FoundFile]) throws(BundleError) {
        let present = Set(files.map(\.source))
        for file in files {
            guard let shard = ShardName(file.name) else { continue }
            let folder = file.source.removingLastComponent()
            let missing = (1...shard.count).map { folder.appending(shard.name(of: $0)) }
                .filter { !present.contains($0) }
            guard missing.isEmpty else { throw ModelFile.missing(missing, of: shard.count) }
        }
    }

    private mutating func addCompanions(
        _ found: [(FoundFile, FileRecognition)], leftOut: inout [String]
    ) throws {
        for (file, recognition) in found {
            switch recognition {
            case .gguf, .weights: continue
            case .unknown:
                if !collection.holds(file.relativePath) { leftOut.append(file.relativePath) }
            case .companion(let role):
                let path = try collection.add(file.source, as: file.relativePath, role: role)
                guard file.relativePath == file.name else { continue }
                try readCompanion(file, role: role, path: path)
            }
        }
    }

    /// Reads a file at the top of the folder that says something of the model.
    private mutating func readCompanion(_ file: FoundFile, role: FileRole, path: String) throws {
        let name = file.name.lowercased()
        if role == .license, description.licenseFile == nil, !name.hasPrefix("notice") {
            description.licenseFile = path
        } else if name == "readme.md" {
            let card = try OwnedDescriptor.open(reading: file.source)
            description.card = ModelCard(reading: try card.bytes(at: 0, count: ModelCard.maximumBytes))
        } else if name == "config.json" {
            try readConfiguration(file)
        }
    }

    private mutating func readConfiguration(_ file: FoundFile) throws {
        let limit = ModelConfiguration.maximumBytes
        let bytes = try OwnedDescriptor.open(reading: file.source).bytes(at: 0, count: limit + 1)
        do throws(JSONError) {
            guard bytes.count <= limit else {
                throw JSONError(reason: "larger than \(ByteCount(limit))", byteOffset: limit)
            }
            description.configuration = try ModelConfiguration(reading: bytes)
        } catch {
            warn(
                "source.configuration",
                "\(file.relativePath) is carried but says nothing: \(error.reason) (byte \(error.byteOffset))")
        }
    }

    private mutating func noteLeftOut(_ names: [String], of folder: FilePath) {
        let names = unrequested(names, of: folder)
        guard !names.isEmpty else { return }
        warn("source.left-out", "left out: \(Self.listed(names)); --include FILE takes one along")
    }

    /// The names that no option takes along.
    private func unrequested(_ names: [String], of folder: FilePath) -> [String] {
        let named = options.includes.map(\.path) + options.adapters + [options.licenseFile].compactMap { $0 }
        let requested = Set(named.map { $0.lexicallyNormalized() })
        return names.filter { !requested.contains(folder.appending($0).lexicallyNormalized()) }.sorted()
    }

    private static func listed(_ names: [String]) -> String {
        let more = names.count > 20 ? " and \(names.count - 20) more" : ""
        return names.prefix(20).map(\.escapedForOneLine).joined(separator: ", ") + more
    }
}
