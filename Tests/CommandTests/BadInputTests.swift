// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import Foundation
import TestSupport
import Testing

/// What goes wrong on real hosts: each has its status and identifier, and changes neither store nor target.
struct BadInputTests {
    private func packaged(_ site: Site, name: String = "m") throws {
        expect(
            try site.baigo("export", Site.model, "-o", "\(name).baimodel", "--name", "tiny", "--version", "1"),
            endsWith: .done)
    }

    private func refused(_ site: Site, _ file: String, _ status: BaigoCore.ExitStatus, _ identifier: String) throws {
        let before = try site.snapshot("home/models") + site.snapshot("home/blobs")
        expect(try site.baigo("import", file, "--yes", "--json"), endsWith: status, identifier: identifier)
        #expect(try site.snapshot("home/models") + site.snapshot("home/blobs") == before)
        #expect(try site.shell("find home/staging -type f 2>/dev/null || true").text == "")
    }

    @Test(.enabled(if: Tracing.isAvailable, "needs strace and leave to trace"))
    func aCommandLineThatCannotBeReadIsNoSuccess() throws {
        let site = try Site()
        let result = try site.tool(
            "strace", "-f", "-qq", "-o", "/dev/null", "-P", "/proc/self/maps", "-e", "trace=openat", "-e",
            "inject=openat:error=ENOENT", Site.baigo.path, "list")
        expect(result, endsWith: .environment)
        #expect(result.errorOutput.contains("mount -t proc"))
        #expect(result.output.isEmpty)
    }

    @Test func aTruncatedPackage() throws {
        let site = try Site()
        try packaged(site)
        let whole = try site.contents("m.baimodel")
        for count in [0, 1, 30, 5000, whole.count / 2, whole.count - 1] {
            try site.write(whole.prefix(count), to: "cut.baimodel")
            let result = try site.baigo("import", "cut.baimodel", "--yes", "--json")
            expect(result, endsWith: .invalidContent)
            let stream = try site.baigo("import", "-", "--yes", "--json", input: whole.prefix(count))
            expect(stream, endsWith: .invalidContent)
        }
        #expect(try site.baigo("list", "--json").json["models"]?.array == [])
    }

    @Test func oneFlippedByteOfAnyEntry() throws {
        let site = try Site()
        try packaged(site)
        let whole = try site.contents("m.baimodel")
        let listed = try site.tool(
            "python3", "-c",
            """
            import zipfile
            for entry in zipfile.ZipFile('m.baimodel').infolist():
                with open('m.baimodel', 'rb') as file:
                    file.seek(entry.header_offset + 26)
                    lengths = file.read(4)
                start = entry.header_offset + 30 + int.from_bytes(lengths[:2], 'little') + int.from_bytes(lengths[2:], 'little')
                print(start + entry.file_size // 2)
            """)
        let offsets = listed.text.split(separator: "\n").compactMap { Int($0) }
        #expect(offsets.count >= 3)
        for offset in offsets {
            var damaged = whole
            damaged[damaged.startIndex + offset] ^= 0x01
            try site.write(damaged, to: "damaged.baimodel")
            expect(try site.baigo("verify", "damaged.baimodel"), endsWith: .invalidContent)
            expect(try site.baigo("import", "damaged.baimodel", "--yes"), endsWith: .invalidContent)
            expect(try site.baigo("import", "-", "--yes", input: damaged), endsWith: .invalidContent)
        }
        #expect(try site.baigo("list", "--json").json["models"]?.array == [])
    }

    @Test func damagedDataNamesTheEntry() throws {
        let site = try Site()
        try packaged(site)
        var damaged = try site.contents("m.baimodel")
        damaged[damaged.startIndex + damaged.count / 2] ^= 0x40
        try site.write(damaged, to: "damaged.baimodel")
        try refused(site, "damaged.baimodel", .invalidContent, "bundle.digest-mismatch")
        let verified = try site.baigo("verify", "damaged.baimodel", "--json")
        expect(verified, endsWith: .invalidContent, identifier: "bundle.digest-mismatch")
        #expect(verified.errorOutput.contains("checksum verification failed"))
        #expect(verified.errorOutput.contains("model/tiny-chat.gguf"))
        let json = try verified.json
        #expect(json["valid"] == false)
        #expect(json["files"]?.array?.filter { $0["status"] != "ok" }.map { $0["path"] } == ["model/tiny-chat.gguf"])
    }

    @Test func anUnsignedOrStrangePackageWhereSignaturesCount() throws {
        let trusted = try KeyRing()
        let owner = try trusted.makeKey("Owner <owner@example.org>")
        let strange = try KeyRing()
        let stranger = try strange.makeKey("Stranger <stranger@example.org>")
        let site = try Site(gnupg: strange)
        try packaged(site, name: "unsigned")
        try packaged(site, name: "strange")
        expect(try site.baigo("sign", "strange.baimodel", "--key", stranger), endsWith: .done)
        try site.write(Data(try trusted.publicKey(owner)), to: "owner.asc")

        let wrong = try site.baigo("trust", "add", "owner.asc", "--fingerprint", stranger, "--json")
        expect(wrong, endsWith: .signature, identifier: "key.fingerprint")
        expect(try site.baigo("trust", "add", "owner.asc"), endsWith: .usage)
        expect(try site.baigo("trust", "add", "owner.asc", "--fingerprint", owner), endsWith: .done)

        try refused(site, "unsigned.baimodel", .signature, "signature.missing")
        try refused(site, "strange.baimodel", .signature, "signature.unknown-key")
        expect(try site.baigo("verify", "strange.baimodel"), endsWith: .signature)
        expect(try site.baigo("trust", "remove", owner, "--yes"), endsWith: .done)
        try refused(site, "unsigned.baimodel", .signature, "signature.missing")
        let allowed = try site.baigo("import", "strange.baimodel", "--yes", "--json", "--allow-unsigned")
        expect(allowed, endsWith: .done)
        #expect(try allowed.json["model"]?["trusted"] == false)
        let logged = try site.baigo("audit", "show", "--operation", "import", "--json").text.split(separator: "\n").last
        #expect(try JSONValue(strict: Array((logged ?? "").utf8))["details"]?["policy"] == "allowed")
    }

    @Test func aBadSignature() throws {
        let ring = try KeyRing()
        let signer = try ring.makeKey("Packager <packager@example.org>")
        let site = try Site(gnupg: ring)
        try packaged(site, name: "a")
        expect(
            try site.baigo("export", Site.model, "-o", "b.baimodel", "--name", "other", "--key", signer),
            endsWith: .done)
        try site.write(Data(try ring.publicKey(signer)), to: "key.asc")
        expect(try site.baigo("trust", "add", "key.asc", "--fingerprint", signer), endsWith: .done)
        let swapped = try site.shell(
            """
            mkdir a b && unzip -q a.baimodel -d a && unzip -q b.baimodel -d b && cp b/checksums.txt.asc a/
            cd a && zip -q -0 -X -D ../bad.baimodel manifest.json metadata.json checksums.txt checksums.txt.asc model/*
            """)
        expect(swapped, endsWith: .done)
        try refused(site, "bad.baimodel", .signature, "signature.bad")
        expect(try site.baigo("import", "bad.baimodel", "--yes", "--allow-unsigned"), endsWith: .signature)
    }

    @Test func filesThatAreNoPackages() throws {
        let site = try Site()
        try site.write(Data("hello\n".utf8), to: "text.baimodel")
        try refused(site, "text.baimodel", .invalidContent, "bundle.not-a-package")
        expect(try site.shell("echo x > x; zip -q foreign.zip x"), endsWith: .done)
        expect(try site.baigo("import", "foreign.zip", "--yes"), endsWith: .invalidContent)
        expect(try site.baigo("import", Site.model, "--yes"), endsWith: .invalidContent)
        expect(try site.baigo("import", "missing.baimodel", "--yes"), endsWith: .notFound)
        expect(try site.baigo("import", "/dev/null", "--yes"), endsWith: .invalidContent)
        expect(try site.baigo("export", "./text.baimodel", "-o", "out.baimodel"), endsWith: .invalidContent)
        #expect(!site.exists("out.baimodel"))
    }

    @Test func aModelOrFileThatIsNotThere() throws {
        let site = try Site()
        expect(
            try site.baigo("run", "nothing", "hi", "--json"), endsWith: .notFound, identifier: "store.model-not-found")
        expect(try site.baigo("show", "nothing"), endsWith: .notFound)
        expect(try site.baigo("remove", "nothing", "--yes"), endsWith: .notFound)
        expect(try site.baigo("export", "nothing", "-o", "x.baimodel"), endsWith: .notFound)
        expect(try site.baigo("export", "./nothing.gguf", "-o", "x.baimodel"), endsWith: .notFound)
        #expect(!site.exists("home"))
    }

    @Test func anExistingTargetStaysWithoutForce() throws {
        let site = try Site()
        try site.write(Data("precious".utf8), to: "m.baimodel")
        expect(try site.baigo("export", Site.model, "-o", "m.baimodel"), endsWith: .usage)
        #expect(try site.contents("m.baimodel") == Data("precious".utf8))
        expect(try site.baigo("export", Site.model, "-o", "m.baimodel", "--force"), endsWith: .done)
        expect(try site.baigo("verify", "m.baimodel"), endsWith: .done)
    }

    @Test func anExportThatIsKilledLeavesNothing() throws {
        let site = try Site()
        expect(
            try site.shell("truncate -s 3G big && mkfifo wait && cat '\(Site.model)' big > big.gguf"), endsWith: .done)
        for signal in [SIGKILL, SIGTERM, SIGINT] {
            let running = try site.starting(
                "export", "./big.gguf", "-o", "killed.baimodel", "--name", "big", "--progress", "json")
            while try running.errorOutputSoFar().isEmpty, running.isRunning { usleep(1000) }
            kill(running.processIdentifier, signal)
            let result = try running.wait()
            #expect(result.status == 128 + signal, "\(result)")
            #expect(!site.exists("killed.baimodel"))
        }
        #expect(try site.shell("ls -A").text.split(separator: "\n").filter { $0.contains("killed") } == [])
    }

    @Test func aHomeThatCannotBeWritten() throws {
        let site = try Site()
        try packaged(site)
        try site.write(Data(), to: "file")
        site.environment["BAIGO_HOME"] = site.path("file/home")
        let result = try site.baigo("import", "m.baimodel", "--yes")
        #expect(
            [BaigoCore.ExitStatus.environment.rawValue, BaigoCore.ExitStatus.notFound.rawValue].contains(result.status),
            "\(result)")
        site.environment["BAIGO_HOME"] = "/proc/baigo"
        expect(try site.baigo("import", "m.baimodel", "--yes"), endsWith: .environment)
    }

    @Test func outputThatNobodyReads() throws {
        let site = try Site()
        let result = try site.shell(
            "set +o pipefail; \"$BAIGO\" export '\(Site.model)' -o - --quiet | head -c 10 > /dev/null; echo ${PIPESTATUS[0]}"
        )
        #expect(result.text == "141\n", "\(result)")
    }

    @Test func usage() throws {
        let site = try Site()
        for arguments in [
            ["nonsense"], ["export"], ["import"], ["run"], ["import", "x", "--require-signature", "--allow-unsigned"],
        ] {
            let result = try Site.baigo.run(arguments, environment: ["BAIGO_HOME": site.home])
            expect(result, endsWith: .usage)
            #expect(result.output.isEmpty)
            #expect(result.errorOutput.hasPrefix("error: "))
            let json = try Site.baigo.run(arguments + ["--json"], environment: ["BAIGO_HOME": site.home])
            expect(json, endsWith: .usage, identifier: "usage")
        }
        try packaged(site)
        expect(try site.baigo("import", "m.baimodel", "--json"), endsWith: .usage, identifier: "usage.confirmation")
        expect(try site.baigo("export", Site.model, "-o", "n.baimodel", "--name", "a/b/c"), endsWith: .usage)
        #expect(!site.exists("n.baimodel"))
    }
}
