// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import EngineClient
import EngineWire
import Foundation
import SystemPackage
import TestSupport
import Testing

/// What an engine that is built for a device has to show.
struct EngineProofTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func put(_ name: String, _ script: String) throws {
        let draft = folder.path.appending("draft").string
        try Data("#!/bin/sh\n\(script)\n".utf8).write(to: URL(fileURLWithPath: draft))
        // A process of its own makes the program, so that no fork of another test keeps it busy.
        _ = try Program("install").run(["-m755", draft, folder.path.appending(name).string])
        _ = try Program("rm").run([draft])
    }

    private func prove(_ accelerator: String) throws -> EngineProof {
        try EngineProof.run(in: folder.path, accelerator: accelerator, ggmlCommit: "1", processor: nil)
    }

    private func failure(_ accelerator: String) throws -> String? {
        let error = #expect(throws: EngineError.self) { try prove(accelerator) }
        #expect(error?.code == .proofFailed)
        return error?.message
    }

    @Test(arguments: [("cuda12", "cuda"), ("cuda13", "cuda"), ("hip", "hip"), ("vulkan", "vulkan")])
    func aPackWithAWorkerHasTheBackend(_ accelerator: String, _ backend: String) throws {
        let ran = folder.path.appending("ran").string
        try put("baigo-engine", "touch '\(ran)'")
        try put("llama-server", "echo 'Available devices:'; echo '  CUDA0: x'")
        try put("baigo-backend-probe", "echo works")
        _ = try Program("touch").run([folder.path.appending("libggml-cpu-x64.so").string])
        #expect(try failure(accelerator) == "the pack has no \(backend) backend")
        #expect(!FileManager.default.fileExists(atPath: ran))
    }

    @Test(arguments: [
        ("cuda12", "  CUDA0: NVIDIA H200 (143771 MiB, 143000 MiB free)", true), ("cuda12", "  (none)", false),
        ("cuda12", "  Vulkan0: NVIDIA H200 (1 MiB, 1 MiB free)", false),
        ("hip", "  ROCm1: AMD (1 MiB, 1 MiB free)", true),
        ("vulkan", "  Vulkan0: llvmpipe (1 MiB, 1 MiB free)", true), ("sycl", "  SYCL0: Arc (1 MiB, 1 MiB free)", true),
        ("sycl", "  CPU: x (1 MiB, 1 MiB free)", false), ("cuda12", "  CUDA: x", false),
        ("cuda12", "  CUDA0x: x", false),
    ])
    func aServerAloneListsADevice(_ accelerator: String, _ line: String, _ works: Bool) throws {
        try put(
            "llama-server",
            """
            echo 'ggml_cuda_init: CUDA7: found' >&2
            [ "$1" != --list-devices ] || printf 'Available devices:\\n%s\\n' '\(line)'
            """)
        if works {
            #expect(try prove(accelerator).description == nil)
        } else {
            #expect(try failure(accelerator)?.hasPrefix("llama-server of the pack lists no ") == true)
        }
    }

    @Test func aServerThatFailsToListProvesNothing() throws {
        try put("llama-server", "[ \"$1\" = --version ] || { echo 'Available devices:'; echo ' CUDA0: x'; exit 1; }")
        #expect(try failure("cuda12") == "llama-server of the pack lists no cuda device")
        #expect(try prove("cpu").backends.isEmpty)
    }

    @Test(arguments: ["hello", "", "#!/nowhere/sh\n"])
    func aServerThatIsNoProgramIsSaidSo(_ text: String) throws {
        try put("llama-server", "")
        let path = folder.path.appending("llama-server").string
        _ = try Program("sh").run(["-c", "printf '%s' \"$1\" > \"$2\"", "sh", text, path])
        let error = #expect(throws: EngineError.self) { try prove("cpu") }
        #expect(error?.code == .cannotStart)
        #expect(error?.hint?.contains("no program that this machine can run") == true)
    }
}
