// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import BaigoCore
internal import BundleKit
internal import ModelStore
internal import SystemPackage

/// Options of `baigo list --index`.
struct InventoryOptions: ParsableArguments {
    @Flag(help: "Write down everything that the store holds, for other tools.")
    var index = false

    @Option(
        name: [.customShort("o"), .customLong("output")],
        help: ArgumentHelp("With --index: the JSON file; - for standard output.", valueName: "file"))
    var target: String?

    @Option(help: ArgumentHelp("With --index: the same as a SQLite file.", valueName: "file"))
    var sqlite: String?

    @Flag(help: "With --index: replace files that exist.")
    var force = false

    @OptionGroup var signing: SigningOptions

    init() {}

    func validate() throws {
        if !index, target != nil || sqlite != nil || force || signing.isAsked {
            throw ValidationError("-o, --sqlite, --force and a key go with --index.")
        }
        if index, target == nil, sqlite == nil {
            throw ValidationError("--index needs -o FILE, --sqlite FILE or both.")
        }
        if target?.isEmpty == true || sqlite?.isEmpty == true { throw ValidationError("a file needs a name.") }
        if sqlite == "-" { throw ValidationError("--sqlite needs the name of a file.") }
        if target == "-", signing.isAsked {
            throw ValidationError("a signature needs a file beside which it can stand.")
        }
        if let target, let sqlite, target != "-" { try Self.checkApart(target, sqlite) }
    }

    /// Refuses two files that are one, or one that is the signature of the other.
    private static func checkApart(_ target: String, _ sqlite: String) throws {
        for (first, second) in [(target, sqlite), (target + ".asc", sqlite), (target, sqlite + ".asc")] {
            // Paths that lead nowhere are told of where they are opened.
            guard let one = try? WrittenPlace(file: FilePath(first)),
                let other = try? WrittenPlace(file: FilePath(second)), one.isSameFile(as: other)
            else { continue }
            throw ValidationError(
                "-o and --sqlite name one file, or one names the signature of the other: \(second.escapedForOneLine).")
        }
    }
}

/// The files of one inventory, each with its detached signature.
struct InventoryFiles {
    let inventory: Inventory
    let key: SigningKey?
    let isReplacing: Bool
    /// Files and folders that the command reads.
    let sources: [String]

    /// Refuses to write over what is there, and over what is read.
    ///
    /// - Throws: `FileError`, code `exists` or `wrongPlace`; `BundleError`, code `invalidRequest`; `CLIError` for a path
    ///   that names no file.
    func check(_ path: String) throws {
        // A signature goes with the file that it belongs to, also where the new one is not signed.
        for path in [path, path + ".asc"] {
            let (folder, name) = try SmallFile.place(path)
            try OutputPlace.check(path, reading: sources)
            guard try !OutputPlace.isTaken(name, in: folder, shown: path) || isReplacing else {
                throw FileError(
                    .exists, "\(path.escapedForOneLine) exists already", hint: "Use --force to replace it.")
            }
        }
    }

    /// Writes the JSON file.
    ///
    /// - Throws: `FileError`; `BundleError` for the key.
    func writeJSON(_ path: String) throws {
        let (folder, name) = try SmallFile.place(path)
        let bytes = inventory.json.prettyBytes
        try publish(bytes, in: folder, name) { try folder.publish(bytes, as: name, mode: 0o644) }
    }

    /// Writes the SQLite file.
    ///
    /// - Throws: `FileError`; `StoreError`; `BundleError` for the key.
    func writeDatabase(_ path: String) throws {
        let (folder, name) = try SmallFile.place(path)
        let draft = ".\(name).sqlite.partial"
        if try folder.status(of: draft) != nil { try folder.removeFile(draft) }
        let file = try folder.file(creating: draft, mode: 0o644)
        do {
            try inventory.writeDatabase(to: FilePath(folder.path(of: draft)), as: path)
            try file.sync()
            let bytes = try key.map { _ in try file.bytes(at: 0, count: Int(file.status().size)) } ?? []
            try publish(bytes, in: folder, name) { try folder.rename(draft, to: name) }
            try folder.sync()
        } catch {
            _ = try? folder.removeFile(draft)
            throw error
        }
    }

    /// A signature never stands beside another file than its own: the old one goes first, the new one comes last.
    private func publish(_ bytes: [UInt8], in folder: Folder, _ name: String, _ body: () throws -> Void) throws {
        let signature = try key.map { try DetachedSigner.sign(bytes, with: $0).armored }
        if try folder.status(of: name + ".asc") != nil { try folder.removeFile(name + ".asc") }
        try body()
        if let signature { try folder.publish(signature, as: name + ".asc", mode: 0o644) }
    }
}
