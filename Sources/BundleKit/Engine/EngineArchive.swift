// SPDX-License-Identifier: Apache-2.0

package import BaigoCore

/// A file of an engine pack.
package struct EngineFile: Sendable, Equatable {
    /// Its name in the pack, the folder that everything may be in left out.
    package let path: String
    package let sha256: SHA256Digest
    /// Bytes.
    package let size: Int64
    /// The name of the entry that holds its content.
    let entry: String

    /// Whether it is one of the programs that become executable.
    package var isProgram: Bool { EngineManifest.programNames.contains(path) }
}

/// Passes over the compressed archive of an engine pack.
///
/// It is bounded as a bundle of a model is: by entries, and by what so many compressed bytes can honestly hold.
struct EngineArchive {
    /// The file, read from its start each time.
    let file: OwnedDescriptor
    /// Bytes of it.
    let size: Int64

    /// Takes each entry with its data, to the end of the archive.
    ///
    /// - Parameters:
    ///   - begin: Takes notice of an entry.
    ///   - data: Takes bytes of the entry that was begun last.
    ///   - end: Takes notice of the end of an entry's data.
    /// - Throws: `BundleError` by the rule that is broken; what the closures throw; `FileError`; `CancellationError`.
    func pass(
        begin: (TarReader.Entry) throws -> Void, data: (UnsafeRawBufferPointer) throws -> Void, end: () throws -> Void
    ) throws {
        let source = try GzipSource(ArchiveFile(file, size: size))
        var reader = TarReader(source, takingLinks: true)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
        defer { buffer.deallocate() }
        var (total, count): (Int64, Int) = (0, 0)
        while let entry = try reader.next() {
            count += 1
            guard count <= UnpackingLimit.entries else {
                throw BundleError(
                    .tooManyEntries, "validation failed: the engine pack has more than 4,096 files and folders")
            }
            total = try Self.sum(total, entry.size, of: size)
            try begin(entry)
            while true {
                try Task.checkCancellation()
                let count = try reader.read(into: buffer)
                if count == 0 { break }
                try data(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            }
            try end()
        }
    }

    /// Adds sizes up, as long as so many bytes can honestly come out of the file.
    ///
    /// - Throws: `BundleError`, code `structure`.
    static func sum(_ total: Int64, _ size: Int64, of mediumSize: Int64) throws(BundleError) -> Int64 {
        let (sum, overflow) = total.addingReportingOverflow(size)
        guard !overflow, UnpackingLimit.allows(sum, from: mediumSize) else {
            throw BundleError.bundle(
                .unpackedSize,
                "the engine pack unpacks to more than \(UnpackingLimit.ratio) times its size: no engine does")
        }
        return sum
    }
}

/// What a first pass over an engine pack finds.
struct EngineScan {
    /// Entries with content of their own: digest and size by name.
    private var contents: [String: (sha256: SHA256Digest, size: Int64)] = [:]
    private var links: [String: TarReader.Link] = [:]
    /// The first bytes of files that may be lists or signatures.
    private var documents: [String: [UInt8]] = [:]

    private static let documentNames: Set = [
        PackageEntryName.manifest, PackageEntryName.checksums, PackageEntryName.signature,
    ]
    private static let maximumDocument: Int64 = 16 << 20
    private static let folder = "package/"

    /// Reads an archive; nothing is written.
    ///
    /// - Throws: As `EngineArchive.pass`.
    init(_ archive: EngineArchive) throws {
        var name = ""
        var bytes = 0
        var isDocument = false
        var hasher: Hashing?
        try archive.pass { entry in
            name = entry.name
            links[entry.name] = entry.link
            hasher = try entry.isFolder || entry.link != nil ? nil : Hashing()
            bytes = 0
            let plain = name.hasPrefix(Self.folder) ? String(name.dropFirst(Self.folder.count)) : name
            isDocument = hasher != nil && Self.documentNames.contains(plain)
            guard isDocument else { return }
            guard entry.size <= Self.maximumDocument else { throw BundleError.tooLarge(name, Self.maximumDocument) }
            documents[name] = []
        } data: { data in
            try hasher?.update(data)
            bytes += data.count
            if isDocument { documents[name, default: []] += data }
        } end: {
            if let hasher { contents[name] = (try hasher.finish(), Int64(bytes)) }
        }
    }

    /// The folder that everything is in, with a `/`; empty where it is at the top.
    private var prefix: String {
        let names = contents.keys
        return !names.contains(PackageEntryName.manifest) && names.contains(Self.folder + PackageEntryName.manifest)
            ? Self.folder : ""
    }

    /// A list, manifest or signature of the pack.
    func document(_ name: String) -> [UInt8]? { documents[prefix + name] }

    /// All files, links as what they lead to, by the bytes of their names.
    ///
    /// - Parameter mediumSize: Bytes of the pack.
    /// - Returns: Each file with its content's digest.
    /// - Throws: `BundleError`: `unlistedEntry` for a file outside the pack's folder; `enginePack` for a link that leads
    ///   elsewhere; `structure` where copies make it too large.
    func files(of mediumSize: Int64) throws(BundleError) -> [EngineFile] {
        var files: [EngineFile] = []
        var total: Int64 = 0
        for name in contents.keys.sorted(by: { $0.precedesBytewise($1) }) + links.keys.sorted() {
            guard name.hasPrefix(prefix) else {
                throw BundleError(
                    .unlistedEntry, "validation failed: \(name.escapedForOneLine) is outside the folder of the pack",
                    hint: "Ask the sender for a new copy of the pack.")
            }
            let entry = try target(of: name)
            guard let content = contents[entry] else { throw Self.stray(name) }
            total = try EngineArchive.sum(total, content.size, of: mediumSize)
            files.append(
                EngineFile(
                    path: String(name.dropFirst(prefix.count)), sha256: content.sha256, size: content.size,
                    entry: entry))
        }
        return files.sorted { $0.path.precedesBytewise($1.path) }
    }

    /// The entry that a name leads to, through links of its own folder.
    private func target(of name: String) throws(BundleError) -> String {
        var name = name
        for _ in 0..<8 {
            guard let link = links[name] else { return name }
            let folder = name.lastIndex(of: "/").map { name[...$0] } ?? ""
            switch link {
            case .symbolic(let bytes):
                guard let text = String(validating: bytes, as: UTF8.self), !text.contains("/") else {
                    throw Self.stray(name)
                }
                name = folder + text
            case .hard(var bytes):
                if bytes.starts(with: Array("./".utf8)) { bytes.removeFirst(2) }
                guard let text = String(validating: bytes, as: UTF8.self), text.hasPrefix(folder),
                    !text.dropFirst(folder.count).contains("/")
                else { throw Self.stray(name) }
                name = text
            }
        }
        throw Self.stray(name)
    }

    private static func stray(_ name: String) -> BundleError {
        BundleError(
            breaking: EngineRule.link,
            "validation failed: the link \(name.escapedForOneLine) leads to no file of its own folder",
            hint: "Do not use this pack; ask its maker.")
    }
}

/// One running digest that a closure can hold.
private final class Hashing {
    private var hasher: SHA256Hasher?

    init() throws(BundleError) { hasher = try SHA256Hasher() }

    func update(_ bytes: UnsafeRawBufferPointer) throws(BundleError) { try hasher?.update(bytes) }

    func finish() throws(BundleError) -> SHA256Digest {
        guard let hasher = hasher.take() else { throw BundleError(.library, "a digest was ended twice") }
        return try hasher.finalize()
    }
}
