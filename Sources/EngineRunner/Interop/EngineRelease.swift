// SPDX-License-Identifier: Apache-2.0

internal import CLlama
internal import EngineWire

/// The llama.cpp release that this code is written for, and the one that is loaded.
enum EngineRelease {
    /// As `LLAMA_CPP_VERSION` has it; the headers of llama.cpp do not say.
    static let linked = "0.5.0"

    /// The release of the loaded libllama, with a suffix for development builds.
    static var loaded: String { String(cString: llama_version()) }

    /// The release and the commit of the loaded libggml.
    static var ggml: (version: String, commit: String) {
        (String(cString: ggml_version()), String(cString: ggml_commit()))
    }

    /// Refuses a library whose structures may differ from those of the headers.
    ///
    /// - Throws: `EngineError`, code `incompatible`.
    static func check() throws(EngineError) {
        guard loaded.prefix(while: { $0 != "-" }) == linked else {
            throw EngineError(
                .incompatible, "baigo-engine is built for llama.cpp \(linked), but \(loaded) is installed",
                hint: "Run scripts/bootstrap and build again.")
        }
    }
}
