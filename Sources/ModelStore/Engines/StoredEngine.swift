// SPDX-License-Identifier: Apache-2.0

package import BaigoCore
internal import BundleKit
package import SystemPackage

/// An engine pack of a store.
package struct StoredEngine: Sendable {
    package let receipt: EngineReceipt
    /// Its folder, absolute, with `receipt.json` and `package/`.
    package let folder: FilePath
    /// Where the active engine is started from; `nil` for one that is not active.
    package let ready: FilePath?

    package var isActive: Bool { ready != nil }
    var folderName: String { receipt.folderName }
    /// `llama-cpp:26.4.20-cpu`.
    package var reference: String { "\(receipt.id):\(folderName)" }

    /// The engine as lists show it.
    package var json: [String: JSONValue] {
        [
            "accelerator": .string(receipt.target.accelerator), "active": .bool(isActive),
            "arch": .string(receipt.target.architecture), "by": .string(receipt.importedBy),
            "digest": .string(receipt.digest.description), "from": .string(receipt.source),
            "ggmlCommit": .text(receipt.ggmlCommit), "id": .string(receipt.id),
            "importedAt": .string(receipt.importedAt.description), "llamaVersion": .text(receipt.llamaVersion),
            "os": .string(receipt.target.os), "reference": .string(reference),
            "server": .bool(receipt.hasServer), "signature": receipt.signature["status"] ?? .null,
            "size": .integer(receipt.size.bytes), "trusted": .bool(receipt.isTrusted),
            "variant": .text(receipt.target.variant), "version": .string(receipt.version),
            "worker": .bool(receipt.hasWorker),
        ]
    }
}

/// The engines of a store.
package struct EngineListing: Sendable {
    /// By id, the one that was imported last first.
    package internal(set) var engines: [StoredEngine] = []
    /// Engines that cannot be read.
    package internal(set) var warnings: [Warning] = []

    /// The one that is used; `nil` for the one that came with baigo.
    package var active: StoredEngine? { engines.first(where: \.isActive) }
}

/// One line of the history: which engine became the active one.
package struct EngineActivation: Sendable {
    /// `activate` or `rollback`.
    package let action: String
    /// `id/version-build`; `nil` for the engine that came with baigo.
    let engine: String?
    package let json: JSONValue

    /// Reads a line; `nil` for one that says something else.
    init?(_ line: JSONValue) {
        guard let action = line["action"]?.string, line["at"]?.string != nil else { return nil }
        self.action = action
        engine = line["engine"]?.string
        json = line
    }

    /// The engine as lists name it.
    package var reference: String {
        engine.map { $0.split(separator: "/").joined(separator: ":") } ?? EngineShelf.builtIn
    }
    package var at: String { json["at"]?.string ?? "" }
    package var by: String { json["by"]?.string ?? "" }
}
