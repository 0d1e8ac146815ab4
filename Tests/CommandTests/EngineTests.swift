// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import Foundation
import TestSupport
import Testing

/// `baigo engine`, with packs whose programs are scripts: each writes down that it was run.
struct EngineTests {
    private static let architecture = EnginePackBuilder.architecture

    /// A pack of the registry's form, whose server says that it ran.
    private func builder(_ site: Site, _ version: String = "26.4.20", status: Int = 0) -> EnginePackBuilder {
        var builder = EnginePackBuilder(registry: "llama-cpp", version: version)
        builder.files[0].data = EnginePackBuilder.script("echo ran >> '\(site.path("ran"))'; exit \(status)")
        return builder
    }

    private func put(_ builder: EnginePackBuilder, _ site: Site, as name: String) throws {
        try site.write(Data(try builder.bytes()), to: name)
    }

    private func digest(_ site: Site, _ name: String) throws -> String {
        String(try site.shell("sha256sum '\(name)'").text.prefix(64))
    }

    private func trust(_ site: Site, _ ring: KeyRing, _ key: String, for purpose: String) throws {
        try site.write(Data(try ring.publicKey(key)), to: "key.asc")
        expect(
            try site.baigo("trust", "add", "key.asc", "--fingerprint", key, "--for", purpose), endsWith: .done)
    }

    private func lastAudit(_ site: Site) throws -> JSONValue {
        let lines = try site.baigo("audit", "show", "--json").text.split(separator: "\n")
        return try JSONValue(strict: Array((lines.last ?? "").utf8))
    }

    @Test func nothingOfAPackRunsBeforeItIsTrusted() throws {
        let ring = try KeyRing()
        let models = try ring.makeKey("m <m@example.test>")
        let engines = try ring.makeKey("e <e@example.test>")
        let site = try Site(gnupg: ring)
        try put(builder(site), site, as: "p.baiengine")
        expect(
            try site.baigo("engine", "import", "p.baiengine", "--yes", "--json"), endsWith: .signature,
            identifier: "signature.missing")
        #expect(!site.exists("home"))
        try trust(site, ring, models, for: "models")
        let bytes = Array(try site.contents("p.baiengine"))
        try site.write(Data(try ring.sign(bytes, with: models)), to: "p.baiengine.asc")
        expect(
            try site.baigo("engine", "import", "p.baiengine", "--yes", "--json"), endsWith: .signature,
            identifier: "signature.wrong-purpose")
        #expect(try lastAudit(site)["operation"] == "engine.import")
        #expect(try lastAudit(site)["result"] == "refused")
        try site.write(Data(try ring.sign(bytes, with: engines)), to: "p.baiengine.asc")
        expect(
            try site.baigo("engine", "import", "p.baiengine", "--yes", "--json"), endsWith: .signature,
            identifier: "signature.unknown-key")
        #expect(!site.exists("ran") && !site.exists("home/engines/llama-cpp"))

        try trust(site, ring, engines, for: "engines")
        let preview = try site.baigo("engine", "import", "p.baiengine", "--dry-run", "--json")
        expect(preview, endsWith: .done)
        #expect(try preview.json["signature"]?["status"] == "valid")
        #expect(!site.exists("home/engines/llama-cpp"))
        let imported = try site.baigo("engine", "import", "p.baiengine", "--yes", "--json")
        expect(imported, endsWith: .done)
        #expect(try imported.json["outcome"] == "imported")
        #expect(try imported.json["engine"]?["trusted"] == true)
        #expect(try imported.json["engine"]?["active"] == false)
        #expect(!site.exists("ran"))

        expect(try site.baigo("engine", "activate", "llama-cpp"), endsWith: .done)
        #expect(site.exists("ran"))
        expect(try site.baigo("audit", "verify"), endsWith: .done)
        // It has no worker of baigo: what runs models says so, and built-in leads back.
        let run = try site.baigo("run", Site.model, "Hello", "--json")
        expect(run, endsWith: .engine, identifier: "engine.no-worker")
        let doctor = try site.baigo("doctor", "--json").json
        #expect(doctor["engine"] == .null)
        expect(try site.baigo("engine", "activate", "built-in"), endsWith: .done)
        expect(try site.baigo("run", Site.model, "Hello", "--max-tokens", "1"), endsWith: .done)
    }

    @Test func aNamedDigestIsRecordedAndAWrongOneRefused() throws {
        let site = try Site()
        try put(builder(site), site, as: "p.baiengine")
        let wrong = String(repeating: "0", count: 64)
        expect(
            try site.baigo("engine", "import", "p.baiengine", "--yes", "--sha256", wrong, "--json"),
            endsWith: .invalidContent, identifier: "bundle.digest-mismatch")
        expect(try site.baigo("engine", "import", "p.baiengine", "--yes", "--sha256", "abc"), endsWith: .usage)
        let right = try digest(site, "p.baiengine")
        let imported = try site.baigo("engine", "import", "p.baiengine", "--yes", "--sha256", right, "--json")
        expect(imported, endsWith: .done)
        #expect(try imported.json["warnings"]?.array?.first?["identifier"] == "signature.missing")
        #expect(try lastAudit(site)["details"]?["digestNamed"] == true)
        let shown = try site.baigo("engine", "show", "llama-cpp", "--json").json
        #expect(shown["receipt"]?["signature"]?["digestNamed"] == true)
        #expect(shown["receipt"]?["digest"]?.string == "sha256:" + right)
        expect(
            try site.baigo("engine", "show", "nothing", "--json"), endsWith: .notFound,
            identifier: "store.engine-not-found")
    }

    @Test func anEngineThatDoesNotWorkLeavesTheOldOneInUse() throws {
        let site = try Site()
        for (version, status) in [("1", 0), ("2", 1)] {
            try put(builder(site, version, status: status), site, as: "p.baiengine")
            let right = try digest(site, "p.baiengine")
            expect(try site.baigo("engine", "import", "p.baiengine", "--yes", "--sha256", right), endsWith: .done)
        }
        expect(try site.baigo("engine", "activate", "llama-cpp:1"), endsWith: .done)
        let before = try site.snapshot("home/engines")
        expect(
            try site.baigo("engine", "activate", "llama-cpp:2", "--json"), endsWith: .engine,
            identifier: "engine.proof-failed")
        #expect(try site.snapshot("home/engines") == before)
        let listed = try site.baigo("engine", "list", "--json").json
        #expect(listed["active"] == "llama-cpp:1-cpu")
        #expect(listed["engines"]?.array?.map { $0["fits"] } == [true, true])
        expect(
            try site.baigo("engine", "remove", "llama-cpp:1", "--yes", "--json"), endsWith: .usage,
            identifier: "store.active-version")
        expect(try site.baigo("engine", "remove", "llama-cpp:1", "--yes", "--force"), endsWith: .done)
        #expect(try site.baigo("engine", "list", "--json").json["active"] == .null)
        expect(try site.baigo("engine", "history", "--json"), endsWith: .done)
    }

    @Test func choosesFromAMediumWhatFitsThisHost() throws {
        let site = try Site()
        expect(try site.shell("mkdir stick"), endsWith: .done)
        var entries: [String] = []
        for (version, accelerator, architecture) in [
            ("26.4.20", "cpu", Self.architecture), ("26.4.9", "cpu", Self.architecture),
            ("26.4.20", "metal", Self.architecture), ("26.4.20", "cpu", "riscv64"),
        ] {
            var pack = builder(site, version)
            pack.manifest["accelerator"] = .string(accelerator)
            pack.manifest["arch"] = .string(architecture)
            let name = "llama-cpp-\(version)-linux-\(architecture)-\(accelerator).baiengine"
            try put(pack, site, as: "stick/" + name)
            entries.append(
                """
                {"version": "\(version)", "packages": [{"os": "linux", "arch": "\(architecture)", "filename": "\(name)",
                 "sha256": "\(try digest(site, "stick/" + name))", "accelerator": "\(accelerator)"}]}
                """)
        }
        let index = "{\"engines\": [{\"id\": \"llama-cpp\", \"versions\": [\(entries.joined(separator: ", "))]}]}"
        try site.write(Data(index.utf8), to: "stick/packages.json")
        let offered = try site.baigo("engine", "devices", "stick", "--json").json["offered"]?.array ?? []
        #expect(offered.count == 4)
        #expect(offered.filter { $0["fits"] == true }.compactMap { $0["version"]?.string } == ["26.4.20", "26.4.9"])
        #expect(offered.contains { $0["reasons"]?.array?.first == "built for Metal, which only macOS has" })
        let right = try digest(site, "stick/llama-cpp-26.4.20-linux-\(Self.architecture)-cpu.baiengine")
        let imported = try site.baigo("engine", "import", "stick", "--yes", "--sha256", right, "--json")
        expect(imported, endsWith: .done)
        #expect(try imported.json["engine"]?["reference"] == "llama-cpp:26.4.20-cpu")
        expect(
            try site.baigo("engine", "import", "stick", "--accelerator", "cuda12", "--yes", "--json"),
            endsWith: .notFound, identifier: "source.not-found")
        expect(
            try site.baigo(
                "engine", "import", "stick/llama-cpp-26.4.20-linux-riscv64-cpu.baiengine", "--yes", "--json"),
            endsWith: .invalidContent, identifier: "bundle.engine.platform")
        // The index is not signed; it can refuse a pack all the same.
        try site.write(
            Data(index.replacingOccurrences(of: right, with: String(repeating: "0", count: 64)).utf8),
            to: "stick/packages.json")
        expect(
            try site.baigo("engine", "import", "stick", "--yes", "--sha256", right, "--json"),
            endsWith: .invalidContent,
            identifier: "bundle.digest-mismatch")
    }

    @Test func aRevocationNamesTheEnginesThatTheKeySigned() throws {
        let ring = try KeyRing()
        let key = try ring.makeKey("e <e@example.test>")
        let site = try Site(gnupg: ring)
        try put(builder(site), site, as: "p.baiengine")
        try site.write(Data(try ring.sign(Array(try site.contents("p.baiengine")), with: key)), to: "p.baiengine.asc")
        try trust(site, ring, key, for: "engines")
        expect(try site.baigo("engine", "import", "p.baiengine", "--yes"), endsWith: .done)
        expect(try site.baigo("engine", "activate", "llama-cpp"), endsWith: .done)
        try ring.revoke(key)
        try site.write(Data(try ring.publicKey(key)), to: "key.asc")
        let revoked = try site.baigo("trust", "add", "key.asc", "--fingerprint", key, "--json")
        expect(revoked, endsWith: .done)
        #expect(
            try revoked.json["affected"]?.array == [
                ["active": true, "kind": "engine", "reference": "llama-cpp:26.4.20-cpu"]
            ])
        // It stays in use unless the policy says otherwise, and never comes in again.
        #expect(try site.baigo("engine", "list", "--json").json["active"] == "llama-cpp:26.4.20-cpu")
        expect(try site.baigo("engine", "remove", "llama-cpp", "--yes", "--force"), endsWith: .done)
        expect(
            try site.baigo(
                "engine", "import", "p.baiengine", "--yes", "--sha256", digest(site, "p.baiengine"), "--json"),
            endsWith: .signature, identifier: "signature.revoked-key")
    }

    @Test func devicesTellsWhatThisHostHas() throws {
        let site = try Site()
        let devices = try site.baigo("engine", "devices", "--json")
        expect(devices, endsWith: .done)
        let hardware = try devices.json["hardware"]
        #expect(hardware?["arch"]?.string == Self.architecture)
        #expect(hardware?["glibc"]?.string?.contains(".") == true)
        #expect(!site.exists("home"))
        expect(try site.baigo("engine", "devices"), endsWith: .done)
        expect(try site.baigo("engine", "devices", "nowhere"), endsWith: .notFound)
    }
}
