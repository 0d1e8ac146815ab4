// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
package import SystemPackage

extension PackageReader {
    /// Opens a package of the store, which may have a manifest that was made when it came in, or another maker's.
    ///
    /// `name` and `version` are those that it has in the store.
    ///
    /// - Throws: `BundleError`, `FileError`.
    package static func open(
        stored path: FilePath, name: PackageName, version: PackageVersion
    ) throws -> PackageReader {
        try naming(path.string) {
            let body = try FolderBody(scanning: Folder.open(path))
            guard let manifest = try body.bytes(of: PackageEntryName.manifest, limit: Int64(Manifest.maximumBytes)),
                let checksums = try body.bytes(of: PackageEntryName.checksums, limit: Int64(ChecksumList.maximumBytes)),
                try ChecksumList(reading: checksums, allowingDotSlash: true).digests[PackageEntryName.manifest] == nil
            else {
                var opening = PackageOpening()
                let bytes = try body.bytes(of: PackageEntryName.manifest, limit: Int64(Manifest.maximumBytes))
                if let bytes, Manifest.isForeign(bytes) { (opening.name, opening.version) = (name, version) }
                return try open(path, opening)
            }
            let contents = try PackageContents(
                making: try Manifest(reading: manifest), manifestBytes: manifest, checksumsBytes: checksums)
            return try open(bare: contents, body, signature: PackageEntryName.signature, source: path.string)
        }
    }

    /// Opens a folder that holds a package, or a recipe without a manifest.
    static func open(
        folder: Folder, at path: FilePath, source: String, _ opening: PackageOpening, holding: UnpackedBundle? = nil
    ) throws -> PackageReader {
        try naming(source) {
            let body = try FolderBody(scanning: folder)
            let hasManifest = body.names.contains { $0.name == PackageEntryName.manifest }
            if !hasManifest, let recipe = try BareRecipe(in: body) {
                return try open(
                    bare: try recipe.contents(at: path, opening), body, signature: recipe.signatureName, source: source,
                    holding: holding)
            }
            return try open(
                source: source, names: body.names, body: .folder(body), opening, bytes: body.bytes, holding: holding)
        }
    }

    private static func open(
        bare contents: PackageContents, _ body: FolderBody, signature: String, source: String,
        holding: UnpackedBundle? = nil
    ) throws -> PackageReader {
        let made = body.names.contains { $0.name == PackageEntryName.manifest }
        let unlisted = [signature, String(signature.dropLast(".asc".count)), PackageEntryName.modelSignature]
        let names =
            body.names.filter { !unlisted.contains($0.name) }
            + (made ? [] : [(PackageEntryName.manifest, Int64(contents.manifestBytes.count))])
        let reader = PackageReader(
            source: source, contents: contents, files: try contents.arranged(by: names), metadataBytes: nil,
            signatures: Signatures(
                isComplete: true, signature: try body.bytes(of: signature, limit: ArchiveBody.maximumSignature),
                modelSignature: try body.bytes(
                    of: PackageEntryName.modelSignature, limit: ArchiveBody.maximumModelSignature)),
            body: .folder(body), holding: holding)
        try reader.recognise()
        return reader
    }

    /// Unpacks a tar bundle into a private folder and opens what is in it.
    ///
    /// - Throws: `BundleError`, `FileError`, `CancellationError`.
    static func open(
        _ kind: BundleKind, _ file: OwnedDescriptor, after start: [UInt8], source: String, _ opening: PackageOpening
    ) throws -> PackageReader {
        try naming(source) {
            let status = try file.status()
            let isFile = status.kind == .regular
            if kind == .tar, isFile, start.isEmpty, let body = try TarBody(reading: file) {
                return try open(source: source, names: body.names, body: .tar(body), opening, bytes: body.bytes)
            }
            let medium = DescriptorSource(file, after: start)
            let bundle = try UnpackedBundle(in: opening.spoolFolder, named: Self.name(of: source))
            var unpacker = try BundleUnpacker(
                try kind.content(of: medium), mediumSize: isFile ? status.size : nil, into: bundle.folder)
            try unpacker.run()
            var (folder, path) = (bundle.folder, bundle.path)
            // tar czf x.tar.gz x/ puts everything into one folder.
            let names = try folder.names()
            if names.count == 1, let only = names.first, try folder.status(of: only)?.kind == .folder {
                let inner = try folder.folder(only)
                if try inner.names().contains(where: BundleKind.marks.contains) {
                    folder = inner
                    path.append(only)
                }
            }
            return try open(folder: folder, at: path, source: source, opening, holding: bundle)
        }
    }

    /// What a model that says no name is called by: the file's name without its endings.
    private static func name(of source: String) -> String {
        var name = source.split(separator: "/").last.map(String.init) ?? "model"
        for suffix in [".gz", ".zst", ".tgz", ".tar"] where name.lowercased().hasSuffix(suffix) {
            name.removeLast(suffix.count)
        }
        do throws(BundleError) { return try EntryName.validate(Array(name.utf8)) } catch { return "model" }
    }
}

extension PackageOpening {
    /// Refuses a name for a package that says its own.
    ///
    /// - Throws: `BundleError`, code `invalidRequest`.
    func refuseNaming() throws(BundleError) {
        guard name != nil || version != nil else { return }
        throw BundleError(
            .invalidRequest, "the package has a name and version of its own",
            hint: "Leave --name and --version out.")
    }
}
