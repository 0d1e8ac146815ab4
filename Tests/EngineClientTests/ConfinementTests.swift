// SPDX-License-Identifier: Apache-2.0

import EngineClient
import EngineWire
import Foundation
import TestSupport
import Testing

/// What a worker can no longer do once it has its model.
struct ConfinementTests {
    private static let readingName = "reads its model and libraries only"

    private func withFolder(_ body: (URL) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("baigo-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try body(folder)
    }

    /// Whether the kernel has Landlock, by the word of the worker.
    private func hasLandlock() throws -> Bool {
        try FixtureModel.session().describe().protections.contains("nothing writable")
    }

    @Test func tellsOfEveryProtectionWhetherItIsInForce() throws {
        let description = try FixtureModel.session().describe()
        let known = description.protections + description.missingProtections
        for name in [
            "ends with baigo", "no new privileges", "no capabilities", "no core file", "no inherited files",
            "no network sockets, no programs", "nothing writable", "ended first when memory runs out", "memory limit",
            Self.readingName,
        ] {
            #expect(known.filter { $0 == name }.count == 1, "\(name)")
        }
        #expect(
            description.protections.contains(Self.readingName) == description.protections.contains("nothing writable"))
    }

    /// The path stays and leads to another file: the worker itself asks for it, and the kernel says no.
    @Test func cannotOpenAFileThatItWasNotGiven() throws {
        guard try hasLandlock() else { return }
        try withFolder { folder in
            let link = folder.appendingPathComponent("model.gguf")
            let other = folder.appendingPathComponent("other.gguf")
            try FileManager.default.copyItem(at: URL(fileURLWithPath: FixtureModel.path), to: other)
            try FileManager.default.createSymbolicLink(
                at: link, withDestinationURL: URL(fileURLWithPath: FixtureModel.path))
            let request = LoadRequest(modelPaths: [link.path], contextTokens: 64, threads: 1)
            let session = try FixtureModel.session()
            _ = try session.load(request)
            _ = try session.load(request)
            try FileManager.default.removeItem(at: link)
            try FileManager.default.createSymbolicLink(at: link, withDestinationURL: other)
            let error = #expect(throws: EngineError.self) { _ = try session.load(request) }
            #expect(error?.code == .loadFailed)
            #expect(try FixtureModel.session().load(request).contextTokens == 64)
        }
    }

    @Test func refusesAnotherModelByName() throws {
        let session = try FixtureModel.loadedSession(contextTokens: 64)
        let error = #expect(throws: EngineError.self) {
            _ = try session.load(LoadRequest(modelPaths: ["/etc/passwd"], threads: 1))
        }
        #expect(error?.code == .invalidRequest)
        #expect(try session.answer(to: "hi", maxTokens: 1).result.usage.completionTokens == 1)
    }

    /// The same protections around a program that tries everything.
    @Test(arguments: [false, true])
    func leavesAProgramNothingButItsFiles(usesCards: Bool) throws {
        guard try hasLandlock() else { return }
        let sources = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("Sources/CWorkerGuard")
        let files = try FileManager.default.contentsOfDirectory(atPath: sources.path).filter { $0.hasSuffix(".c") }
        try withFolder { folder in
            let source = folder.appendingPathComponent("probe.c")
            try Data(Self.probe.utf8).write(to: source)
            let model = folder.appendingPathComponent("model")
            try Data("model".utf8).write(to: model)
            try Data("secret".utf8).write(to: folder.appendingPathComponent("secret"))
            let probe = folder.appendingPathComponent("probe").path
            let built = try Program("cc").run(
                ["-D_GNU_SOURCE", "-I", sources.appendingPathComponent("include").path, source.path, "-o", probe]
                    + files.map { sources.appendingPathComponent($0).path } + ["-lpthread"],
                environment: ["TMPDIR": folder.path])
            try #require(built.status == 0, "\(built)")
            let result = try Program(probe).run([model.path, usesCards ? "cards" : "none"], in: folder.path)
            #expect(
                result.text == """
                    read model: yes
                    read own status: yes
                    read libraries: yes
                    read a neighbour: no
                    read passwd: no
                    read another process: no
                    list the folder: no
                    write model: no
                    make a file: no
                    make a folder: no
                    remove: no
                    run a program: no
                    network socket: no
                    local socket: \(usesCards ? "yes" : "no")
                    signal its parent: no

                    """, "\(result)")
            #expect(try String(contentsOf: model, encoding: .utf8) == "model")
        }
    }

    private static let probe = """
        #include "worker_guard.h"
        #include <dirent.h>
        #include <fcntl.h>
        #include <signal.h>
        #include <stdio.h>
        #include <string.h>
        #include <sys/socket.h>
        #include <sys/stat.h>
        #include <unistd.h>
        static void say(const char *what, int done) { printf("%s: %s\\n", what, done ? "yes" : "no"); }
        static int reads(const char *path) { return open(path, O_RDONLY) >= 0; }
        int main(int count, char **arguments) {
            const char *model = arguments[1];
            pid_t parent = getppid();
            const bool cards = strcmp(arguments[2], "cards") == 0;
            unsigned applied = baigo_guard_apply(cards);
            if (count != 3 || !baigo_guard_confine_reading(cards, &model, 1)) return 1;
            say("read model", reads(model));
            say("read own status", reads("/proc/self/status"));
            say("read libraries", reads("/lib") || reads("/usr/lib"));
            say("read a neighbour", reads("secret"));
            say("read passwd", reads("/etc/passwd"));
            say("read another process", reads("/proc/1/status"));
            say("list the folder", opendir(".") != NULL);
            say("write model", open(model, O_WRONLY) >= 0 || truncate(model, 0) == 0);
            say("make a file", open("made", O_CREAT | O_WRONLY, 0600) >= 0);
            say("make a folder", mkdir("folder", 0700) == 0);
            say("remove", unlink("secret") == 0);
            execl("/bin/true", "true", NULL);
            say("run a program", 0);
            say("network socket", socket(AF_INET, SOCK_STREAM, 0) >= 0);
            say("local socket", socket(AF_UNIX, SOCK_STREAM, 0) >= 0);
            say("signal its parent", (applied & BAIGO_GUARD_NO_WAY_OUT) != 0 && kill(parent, 0) == 0);
            return 0;
        }
        """
}
