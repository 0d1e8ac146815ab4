// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import Foundation
import TestSupport
import Testing

/// The engine in use as a pack: carried to hosts that have nothing but it.
struct EngineExportTests {
    private struct Exported {
        let site: Site
        let key: String
        let ring: KeyRing
    }

    /// The pack `engine.baiengine`, signed.
    private func exported() throws -> Exported {
        let ring = try KeyRing()
        let key = try ring.makeKey("e <e@example.test>")
        let site = try Site(gnupg: ring)
        site.environment["SOURCE_DATE_EPOCH"] = "1800000000"
        let result = try site.baigo("engine", "export", "-o", "engine.baiengine", "--key", key, "--json")
        expect(result, endsWith: .done)
        try site.write(Data(try ring.publicKey(key)), to: "key.asc")
        return Exported(site: site, key: key, ring: ring)
    }

    @Test func carriesTheEngineInUseToAnotherHost() throws {
        let source = try exported()
        let listing = try source.site.shell("tar tzf engine.baiengine").text.split(separator: "\n").map(String.init)
        for name in ["manifest.json", "checksums.txt", "checksums.txt.asc", "baigo-engine", "libs/libllama.so.0"] {
            #expect(listing.contains(name), "\(name)")
        }
        #expect(listing.contains { $0.hasPrefix("libs/libggml-cpu-") })
        #expect(listing.filter { $0.hasPrefix("libs/libc.") || $0.contains("ld-linux") } == [])
        // The auditor's own tools agree with the list and its signature.
        expect(
            try source.site.shell(
                "mkdir out; tar xzf engine.baiengine -C out; cd out; sha256sum --quiet --strict -c checksums.txt"),
            endsWith: .done)
        #expect(
            try source.ring.verifies(
                Array(try source.site.contents("out/checksums.txt.asc")),
                over: Array(try source.site.contents("out/checksums.txt")), by: [source.key]))

        let site = try Site()
        expect(
            try site.shell("cp '\(source.site.path("engine.baiengine"))' '\(source.site.path("key.asc"))' ."),
            endsWith: .done)
        expect(
            try site.baigo("trust", "add", "key.asc", "--fingerprint", source.key, "--for", "engines"), endsWith: .done)
        let imported = try site.baigo("engine", "import", "engine.baiengine", "--yes", "--json")
        expect(imported, endsWith: .done)
        #expect(try imported.json["engine"]?["active"] == true)
        #expect(try imported.json["engine"]?["trusted"] == true)
        let doctor = try site.baigo("doctor", "--json").json
        #expect(doctor["engine"]?["path"]?.string?.hasPrefix(site.home + "/engines/baigo-llama-cpp/") == true)
        #expect(doctor["engine"]?["backends"]?.array?.contains { $0["verdict"] == "works" } == true)
        let engines = doctor["installed"]?["engines"]?.array ?? []
        #expect(engines.first?["from"]?.string == site.path("engine.baiengine"))
        #expect(engines.first?["importedAt"]?.string?.isEmpty == false)
        expect(
            try site.baigo("run", Site.model, "Hello", "--temperature", "0", "--max-tokens", "4"), endsWith: .done)
        expect(try site.baigo("list", "--index", "-o", "index.json"), endsWith: .done)
        let index = try JSONValue(strict: Array(try site.contents("index.json")))
        #expect(index["engines"]?.array?.first?["active"] == true)
        // What came in can go on to the next host.
        expect(try site.baigo("engine", "export", "-o", "again.baiengine"), endsWith: .done)
        expect(try site.baigo("engine", "rollback"), endsWith: .done)
        #expect(try site.baigo("doctor", "--json").json["engine"]?["path"]?.string?.hasPrefix(site.home) == false)
    }

    @Test func theSameEngineGivesTheSameBytes() throws {
        let site = try Site()
        site.environment["SOURCE_DATE_EPOCH"] = "1800000000"
        for name in ["a", "b"] {
            expect(try site.baigo("engine", "export", "-o", "\(name).baiengine", "--json"), endsWith: .done)
        }
        expect(try site.shell("cmp a.baiengine b.baiengine"), endsWith: .done)
        expect(
            try site.baigo("engine", "export", "-o", "a.baiengine", "--json"), endsWith: .usage,
            identifier: "file.exists")
        expect(
            try site.baigo("engine", "import", "a.baiengine", "--yes", "--json"), endsWith: .signature,
            identifier: "signature.missing")
    }

    /// On a machine that only builds, neither the driver's library nor ROCm's is there.
    @Test func aBackendWhoseDriverIsMissingHereIsPackedForAHostThatHasIt() throws {
        let site = try Site()
        let made = try site.shell(
            """
            mkdir engine && cp -a '\(Site.checkout.path)/.build/engine/'{bin,lib,share,engine.json} engine/
            echo 'int cuInit(int flags) { return flags; }' > driver.c
            echo 'int cuInit(int); int ggml_backend_init(void) { return cuInit(0); }' > backend.c
            cc -shared -fPIC -Wl,-soname,libcuda.so.1 driver.c -o libcuda.so
            cc -shared -fPIC backend.c -L. -lcuda -o engine/bin/libggml-cuda.so
            """)
        expect(made, endsWith: .done)
        let proof = try site.shell("engine/bin/baigo-backend-probe engine/bin/libggml-cuda.so; exit $?")
        #expect(proof.status == 3, "\(proof)")
        #expect(proof.text.contains("libcuda.so.1"))
        try site.putWorker()
        expect(try site.baigo("engine", "export", "-o", "cuda.baiengine", "--accelerator", "cuda12"), endsWith: .done)
        let names = try site.shell("tar tzf cuda.baiengine").text.split(separator: "\n")
        #expect(names.contains("libs/libggml-cuda.so"))
        #expect(!names.contains { $0.contains("libcuda.") })
        expect(
            try site.baigo("run", Site.model, "Hello", "--temperature", "0", "--max-tokens", "4"), endsWith: .done)
    }

    @Test func aPackIsOnlyForWhatTheEngineHas() throws {
        let site = try Site()
        for accelerator in ["cuda12", "vulkan", "nonsense"] {
            let result = try site.baigo("engine", "export", "-o", "e.baiengine", "--accelerator", accelerator, "--json")
            expect(result, endsWith: .usage, identifier: "engine.invalid-request")
        }
        for id in ["built-in", "active"] {
            expect(
                try site.baigo("engine", "export", "-o", "e.baiengine", "--id", id, "--json"), endsWith: .usage,
                identifier: "usage.name")
        }
        #expect(!site.exists("e.baiengine"))
    }

    /// Whether this process may make a world of its own.
    private static let canEnterAChroot =
        getuid() == 0 && (try? Program("unshare").run(["--net", "--mount", "true"]).status) == 0

    @Test(.enabled(if: canEnterAChroot, "needs root, and leave to make namespaces"))
    func runsAModelInABareChroot() throws {
        let source = try exported()
        let site = source.site
        // baigo, what it is linked with, gpg for the signature; no compiler, no llama.cpp.
        let made = try site.shell(
            """
            mkdir -p bare/tmp bare/proc bare/dev bare/home bare/etc bare/root
            chmod 1777 bare/tmp; chmod 700 bare/home
            take() { for f in "$1" $(ldd "$1" | grep -o '/[^ ]*' | sort -u); do [ -e "bare$f" ] || cp -L --parents "$f" bare; done; }
            for program in "$BAIGO" "$(command -v gpg)" "$(command -v gpgconf)"; do take "$program"; done
            cp engine.baiengine key.asc '\(Site.model)' bare/
            cp /etc/passwd bare/etc/; : > bare/dev/null
            ! find bare -name 'libllama*' -o -name 'libggml*' -o -name 'libgomp*' -o -name 'baigo-engine' | grep .
            """)
        expect(made, endsWith: .done)
        func inside(_ arguments: String...) throws -> ProgramResult {
            try Program("unshare").run(
                [
                    "--net", "--mount", "--", "sh", "-c", #"mount -t proc proc "$0/proc" && exec chroot "$0" "$@""#,
                    site.path("bare"), Site.baigo.path,
                ] + arguments,
                environment: [
                    "BAIGO_HOME": "/home/store", "BAIGO_SYSTEM_STORE": "none", "HOME": "/home", "TMPDIR": "/tmp",
                ])
        }
        let model = "/" + URL(fileURLWithPath: Site.model).lastPathComponent
        expect(try inside("run", model, "Hello", "--json"), endsWith: .engine, identifier: "engine.not-found")
        expect(try inside("trust", "add", "/key.asc", "--fingerprint", source.key, "--for", "engines"), endsWith: .done)
        let imported = try inside("engine", "import", "/engine.baiengine", "--yes", "--json")
        expect(imported, endsWith: .done)
        #expect(try imported.json["engine"]?["active"] == true)
        let question = "What is a checksum?"
        let answer = try inside("run", model, question, "--temperature", "0", "--json")
        expect(answer, endsWith: .done)
        let here = try Site().baigo("run", Site.model, question, "--temperature", "0", "--json")
        #expect(try answer.json["text"] == here.json["text"])
        expect(try inside("audit", "verify"), endsWith: .done)
    }
}
