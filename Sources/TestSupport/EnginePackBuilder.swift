// SPDX-License-Identifier: Apache-2.0

package import BaigoCore
internal import Foundation

/// Makes engine packs for tests, right ones and hostile ones.
package struct EnginePackBuilder {
    /// Files by name, in this order.
    package var files: [(name: String, data: [UInt8])] = []
    /// Members of the manifest beside the list of files.
    package var manifest: [String: JSONValue]
    /// What everything is in.
    package var folder = ""
    /// Whether the manifest lists the files, as baigo's own do.
    package var isListing: Bool
    /// Entries behind the files.
    package var more: (inout TarBuilder) -> Void = { _ in }

    /// Starts a pack in the form of Backend.AI GO's registry.
    package init(registry id: String = "llama-cpp", version: String = "26.4.20", accelerator: String = "cpu") {
        manifest = [
            "schemaVersion": 1, "id": .string(id), "version": .string(version), "os": "linux",
            "arch": .string(Self.architecture), "accelerator": .string(accelerator),
        ]
        folder = "package/"
        isListing = false
        files = [("llama-server", Self.script("echo version 1")), ("libs/libllama.so.0", [1, 2, 3])]
    }

    /// Starts a pack in baigo's own form.
    package init(own id: String, version: String = "1", accelerator: String = "cpu") {
        manifest = [
            "schemaVersion": 1, "kind": "engine", "name": .string(id), "version": .string(version), "os": "linux",
            "arch": .string(Self.architecture), "accelerator": .string(accelerator),
            "engine": ["ggmlCommit": "0123456"],
        ]
        isListing = true
        files = [("llama-server", Self.script("echo version 1")), ("libs/libllama.so.0", [1, 2, 3])]
    }

    /// The word for this machine.
    package static var architecture: String {
        #if arch(arm64)
            "arm64"
        #else
            "x64"
        #endif
    }

    /// A program for a shell.
    package static func script(_ text: String) -> [UInt8] { Array("#!/bin/sh\n\(text)\n".utf8) }

    /// The digest of bytes by a tool of the system.
    private static func digest(_ bytes: [UInt8]) throws -> String {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("baigo-digest-\(UUID().uuidString)")
        try Data(bytes).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        return String(try Program("sha256sum").run([file.path]).text.prefix(64))
    }

    /// The bytes of `manifest.json`.
    package func manifestBytes() throws -> [UInt8] {
        var members = manifest
        if isListing, members["files"] == nil {
            members["files"] = .array(
                try files.map { file in
                    [
                        "path": .string(file.name), "role": "runtime", "sha256": .string(try Self.digest(file.data)),
                        "size": .integer(Int64(file.data.count)),
                    ]
                })
        }
        return JSONValue.object(members).prettyBytes
    }

    /// The list of all digests, as `checksums.txt` has it.
    package func checksums() throws -> [UInt8] {
        let all = try [(name: "manifest.json", data: manifestBytes())] + files
        return Array(try all.map { "\(try Self.digest($0.data))  \($0.name)\n" }.sorted().joined().utf8)
    }

    /// The compressed archive.
    ///
    /// - Parameter sign: Signs the list of digests, which is then in the pack.
    /// - Returns: The bytes of the file.
    /// - Throws: What the tools of the system say.
    package func bytes(signing sign: (([UInt8]) throws -> [UInt8])? = nil) throws -> [UInt8] {
        var tar = TarBuilder()
        tar.add(folder + "manifest.json", try manifestBytes())
        if let sign {
            let list = try checksums()
            tar.add(folder + "checksums.txt", list)
            tar.add(folder + "checksums.txt.asc", try sign(list))
        }
        for file in files { tar.add(folder + file.name, file.data) }
        more(&tar)
        return try Self.compressed(tar.bytes)
    }

    /// Bytes as gzip compresses them.
    package static func compressed(_ bytes: [UInt8]) throws -> [UInt8] {
        Array(try Program("gzip").run(["-nc"], input: Data(bytes)).output)
    }
}
