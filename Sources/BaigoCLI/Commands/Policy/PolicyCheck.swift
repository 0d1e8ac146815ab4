// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import BaigoCore
internal import BundleKit
internal import ModelStore
internal import SystemPackage

/// `baigo trust policy check`: whether a policy can be used.
struct PolicyCheck: BaigoCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Check a policy file, or those in effect, without changing anything.",
        discussion: """
              baigo trust policy check
              baigo trust policy check ./policy.toml

            Exit statuses: 3 no such file, 4 the file is no policy, 7 a policy in effect cannot be used.
            """)

    @Argument(help: "A policy file; without it those in effect are checked.")
    var file: String?

    @OptionGroup(title: "Store") var place: StoreOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func run(in context: CommandContext) throws {
        let files: [(path: String, sha256: SHA256Digest)]
        if let file {
            let bytes = try PolicyText.read(file)
            _ = try PolicyDocument(reading: bytes)
            files = [(file, try SHA256Digest(of: bytes))]
        } else {
            files = try Host(context).store().policy().parts.map { ($0.path, $0.sha256) }
        }
        guard !output.json else {
            let list = files.map { ["path": .string($0.path), "sha256": .string($0.sha256.hex)] as JSONValue }
            return try context.output.result(["valid": true, "files": .array(list)])
        }
        guard !output.quiet else { return }
        if files.isEmpty { try context.errorOutput.line("there is no policy; the defaults hold") }
        for file in files { try context.output.line("\(file.path.escapedForOneLine): \(file.sha256)") }
    }
}

/// The text of a policy that a command line names.
enum PolicyText {
    /// Reads a file, as far as one byte more than a policy may have.
    ///
    /// - Throws: `FileError`.
    static func read(_ path: String) throws -> [UInt8] {
        try OwnedDescriptor.open(reading: FilePath(path)).rest(atMost: PolicyDocument.byteLimit + 1)
    }
}
