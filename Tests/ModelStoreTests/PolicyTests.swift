// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import BundleKit
import Glibc
import ModelStore
import SystemPackage
import TestSupport
import Testing

/// The policy files of host and home: found, judged by their owner, and put in place.
@Suite(.temporaryHome)
struct PolicyTests {
    private let always = "schema = 1\n[signature]\nrequired = \"always\"\n"
    private let never = "schema = 1\n[signature]\nrequired = \"never\"\n"

    private var system: FilePath { TemporaryHome.around.appending("etc") }

    private func write(_ text: String, in folder: FilePath, mode: mode_t = 0o644) throws {
        let opened = try Folder.open(making: folder)
        try opened.publish(Array(text.utf8), as: "policy.toml")
        #expect(chmod(folder.appending("policy.toml").string, mode) == 0)
    }

    private func policy(_ fixture: StoreFixture) throws -> Policy {
        try fixture.store.policy(systemFolder: system)
    }

    private func code(_ body: () throws -> Void) -> PolicyError.Code? {
        let error = #expect(throws: PolicyError.self) { try body() }
        #expect(error?.exitStatus == .environment)
        return error?.code
    }

    @Test func aHostWithoutFilesHasTheDefaults() throws {
        let fixture = try StoreFixture()
        #expect(try policy(fixture).parts.isEmpty)
        #expect(access(fixture.path.string, F_OK) != 0)
        try fixture.add(try MemoryPackage())
        #expect(try policy(fixture).digest == nil)
    }

    @Test func bothFilesCountAlsoBeforeThereIsAStore() throws {
        try write(never, in: system)
        try write(always, in: TemporaryHome.path)
        let fixture = try StoreFixture()
        #expect(try policy(fixture).parts.map(\.place) == [.system, .store])
        #expect(try policy(fixture).required == .always)
        try fixture.add(try MemoryPackage())
        #expect(try policy(fixture).required == .always)
    }

    @Test(arguments: [0o666, 0o664, 0o622] as [mode_t])
    func refusesAFileThatOthersMayWrite(_ mode: mode_t) throws {
        let fixture = try StoreFixture()
        try write(always, in: system, mode: mode)
        #expect(code { _ = try policy(fixture) } == .unreadable)
        #expect(unlink(system.appending("policy.toml").string) == 0)
        try write(always, in: TemporaryHome.path, mode: mode)
        #expect(code { _ = try policy(fixture) } == .unreadable)
    }

    @Test func refusesAFolderOfTheHostThatOthersMayWrite() throws {
        try write(always, in: system)
        #expect(chmod(system.string, 0o777) == 0)
        let fixture = try StoreFixture()
        #expect(code { _ = try policy(fixture) } == .unreadable)
    }

    @Test(arguments: ["link", "folder", "pipe", "loose end", "too large", "no policy"])
    func refusesWhatIsNoPlainPolicy(_ kind: String) throws {
        for place in [system, TemporaryHome.path] {
            let folder = try Folder.open(making: place)
            let path = place.appending("policy.toml").string
            switch kind {
            case "link":
                try folder.publish(Array(always.utf8), as: ".other")
                #expect(symlink(".other", path) == 0)
            case "folder": #expect(mkdir(path, 0o700) == 0)
            case "pipe": #expect(mkfifo(path, 0o600) == 0)
            case "loose end": #expect(symlink("nowhere", path) == 0)
            case "too large": try write(always + String(repeating: "#", count: 1 << 20), in: place)
            default: try write("schema = 2", in: place)
            }
            let fixture = try StoreFixture()
            #expect(code { _ = try policy(fixture) } == .unreadable, "\(place)")
            if kind == "folder" { #expect(rmdir(path) == 0) } else { #expect(unlink(path) == 0) }
        }
    }

    @Test(.enabled(if: geteuid() == 0, "giving files away needs root"))
    func refusesAFileOfSomebodyElse() throws {
        let fixture = try StoreFixture()
        try write(always, in: system)
        #expect(chown(system.appending("policy.toml").string, 12345, 12345) == 0)
        #expect(code { _ = try policy(fixture) } == .unreadable)
    }

    @Test(.enabled(if: geteuid() != 0, "root may read everything"))
    func refusesAFileThatCannotBeRead() throws {
        let fixture = try StoreFixture()
        try write(always, in: system, mode: 0)
        #expect(code { _ = try policy(fixture) } == .unreadable)
        #expect(chmod(system.string, 0) == 0)
        defer { chmod(system.string, 0o700) }
        #expect(code { _ = try policy(fixture) } == .unreadable)
    }

    @Test func installsWithBothDigestsInTheAuditLog() throws {
        let fixture = try StoreFixture()
        let first = try fixture.store.installPolicy(Array(always.utf8))
        #expect(first.old == nil)
        let second = try fixture.store.installPolicy(Array((always + "# more\n").utf8), details: ["why": "test"])
        #expect(second.old == first.new)
        #expect(try policy(fixture).parts.first?.sha256 == second.new)
        var lines: [AuditLine] = []
        try fixture.store.auditLog().forEachLine {
            lines.append($0)
            return true
        }
        #expect(lines.map(\.event.operation) == Array(repeating: "policy.set", count: 4))
        #expect(lines.map(\.kind) == [.intent, .outcome, .intent, .outcome])
        #expect(lines[3].event.details["old"]?.string == first.new.description)
        #expect(lines[3].event.details["new"]?.string == second.new.description)
        #expect(lines[3].event.details["why"] == "test")
    }

    @Test func refusesToInstallWhatIsNoPolicyAndMakesNothing() throws {
        let fixture = try StoreFixture()
        let error = #expect(throws: PolicyError.self) { try fixture.store.installPolicy(Array("schema = 9".utf8)) }
        #expect(error?.code == .malformed)
        #expect(access(fixture.path.string, F_OK) != 0)
    }

    @Test func aPolicyThatWasSetAndIsGoneIsNoMissingPolicy() throws {
        let fixture = try StoreFixture()
        try fixture.store.installPolicy(Array(always.utf8))
        #expect(unlink(fixture.path.appending("policy.toml").string) == 0)
        #expect(code { _ = try policy(fixture) } == .unreadable)
        try fixture.store.installPolicy(Array(always.utf8))
        #expect(try policy(fixture).required == .always)
    }

    @Test func aNewPolicyReplacesOneThatCannotBeUsed() throws {
        let fixture = try StoreFixture()
        try fixture.store.installPolicy(Array(always.utf8))
        let path = fixture.path.appending("policy.toml").string
        #expect(rename(path, fixture.path.appending(".old").string) == 0 && symlink(".old", path) == 0)
        #expect(throws: FileError.self) {
            try fixture.store.changePolicy { _ throws(PolicyError) in Array(never.utf8) }
        }
        try fixture.store.installPolicy(Array(always.utf8))
        #expect(try policy(fixture).required == .always)
    }

    @Test func onlyAPolicyThatWasSetReleasesTheLatch() throws {
        let fixture = try StoreFixture()
        try fixture.store.change(AuditEvent("trust.add")) { try $0.setSignatureLatch(true) }
        try write(never, in: fixture.path)
        #expect(try fixture.store.state()?.isSignatureReleased == false)
        #expect(try fixture.store.installPolicy(Array(never.utf8)).isReleasing)
        #expect(try fixture.store.state()?.isSignatureReleased == true)
        #expect(try !fixture.store.installPolicy(Array(always.utf8)).isReleasing)
        #expect(try fixture.store.state()?.isSignatureReleased == false)
    }

    @Test(arguments: [true, false])
    func aVersionCountsAsSignedWhenItWasAccepted(_ isAccepted: Bool) throws {
        let fixture = try StoreFixture()
        try fixture.store.installPolicy(Array("schema = 1\n[downgrade]\nallowed = false\n".utf8))
        // By a key that had ended and that the policy accepted; and by one that counts for nothing.
        let signers: JSONValue = [
            [
                "fingerprint": .string(String(repeating: "A", count: 40)), "status": "expired-key", "trusted": false,
                "madeWhileValid": true, "createdAt": "2026-05-01T00:00:00Z",
            ],
            ["status": "unknown-key", "trusted": false, "createdAt": "2026-06-01T00:00:00Z"],
        ]
        try fixture.add(
            try MemoryPackage(version: "rc-b"),
            evidence: ImportEvidence(
                signature: ["status": "expired-key", "signers": signers], isTrusted: isAccepted,
                policy: ["verdict": "pass"]))
        let state = try #require(
            try fixture.store.policyState(for: try MemoryPackage(version: "rc-a"), try policy(fixture)))
        let time = isAccepted ? Timestamp("2026-05-01T00:00:00Z") : nil
        #expect(state.versions == [PolicySubject.Version(number: "rc-b", signedAt: time)])
    }
}
