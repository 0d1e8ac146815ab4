// SPDX-License-Identifier: Apache-2.0

package import Foundation
package import SystemPackage

/// A program in place of `baigo-engine` that does what a failing or hostile worker would do.
package final class FakeWorker: Sendable {
    /// Where the program lies.
    package let folder: URL
    /// The program.
    package let path: FilePath

    /// Writes the program.
    ///
    /// - Parameter body: Python that runs after `send(object)`, `receive()`, `here` (the program's folder) and some
    ///   events are defined.
    /// - Throws: What the file system says.
    package init(_ body: String) throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("baigo-worker-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let file = folder.appendingPathComponent("worker")
        let program = """
            #!/usr/bin/env python3
            import json, os, signal, socket, struct, sys, time
            here = os.path.dirname(sys.argv[0])
            channel = socket.socket(fileno=0)
            def send_bytes(body):
                channel.sendall(struct.pack("<I", len(body)) + body)
            def send(message):
                send_bytes(json.dumps(message).encode())
            def receive():
                def exactly(count):
                    data = b""
                    while len(data) < count:
                        more = channel.recv(count - len(data))
                        if not more:
                            sys.exit(0)
                        data += more
                    return data
                return json.loads(exactly(struct.unpack("<I", exactly(4))[0]))
            def hello():
                send({"hello": {"protocolVersion": 1, "engine": "fake"}})
            description = {"described": {"engine": {"linkedVersion": "1", "loadedVersion": "1", "ggmlVersion": "1",
                "ggmlCommit": "1", "libraryFolder": "/", "cpuFeatures": [], "devices": [], "protections": [],
                "missingProtections": []}}}
            loaded = {"loaded": {"model": {"modelDescription": "fake", "contextTokens": 64, "trainedContextTokens": 64,
                "hasChatTemplate": False, "vocabularySize": 1, "parameterCount": 1, "tensorBytes": 1, "threads": 1,
                "vectorSize": 0, "loadMilliseconds": 1}}}
            finished = {"finished": {"result": {"finishReason": "stop", "seed": 1, "usage": {"promptTokens": 1,
                "cachedPromptTokens": 0, "completionTokens": 1}, "timings": {"loadMilliseconds": 1,
                "promptMilliseconds": 1, "generationMilliseconds": 1}}}}

            """
        let draft = folder.appendingPathComponent("draft")
        try Data((program + body + "\n").utf8).write(to: draft)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: draft.path)
        // A process of its own makes the program: a descriptor for writing that another test's fork inherits for a
        // moment would make it "busy".
        _ = try Program("cp").run(["-p", draft.path, file.path])
        path = FilePath(file.path)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    /// What the program wrote into a file of its folder.
    package func note(_ name: String) throws -> String {
        try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
    }

    /// A frame with any body.
    package static func frame(of body: String) -> [UInt8] {
        let bytes = Array(body.utf8)
        return withUnsafeBytes(of: UInt32(bytes.count).littleEndian) { Array($0) } + bytes
    }
}
