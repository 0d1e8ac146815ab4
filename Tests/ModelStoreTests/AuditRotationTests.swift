// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import BundleKit
import ModelStore
import SystemPackage
import TestSupport
import Testing

@Suite(.temporaryHome)
struct AuditRotationTests {
    private let log = "audit/audit.jsonl"

    private func name(_ first: Int, _ last: Int) -> String {
        let padded = { (number: Int) in String(repeating: "0", count: 12 - String(number).count) + String(number) }
        return "audit/audit-\(padded(first))-\(padded(last)).jsonl"
    }

    /// A log in three files: lines 1 to 4, 5 to 7, and 8.
    private func fixture() throws -> StoreFixture {
        let fixture = try StoreFixture()
        for number in 0..<3 {
            try note(number, in: fixture)
            if number > 0 { _ = try fixture.store.rotateAudit() }
        }
        return fixture
    }

    private func note(_ number: Int, in fixture: StoreFixture) throws {
        try fixture.store.change(AuditEvent("trust.add", details: ["number": .integer(Int64(number))])) { _ in }
    }

    private func audit() throws -> Folder { try Folder.open(TemporaryHome.path.appending("audit")) }

    private func names() throws -> [String] { try audit().names().map { "audit/" + $0 } }

    private func expectBroken(
        _ fixture: StoreFixture, expecting head: AuditHead? = nil, _ text: String = "",
        location: SourceLocation = #_sourceLocation
    ) {
        let error = #expect(throws: StoreError.self, sourceLocation: location) {
            try fixture.store.auditLog().verify(expecting: head.map { [$0] } ?? [])
        }
        #expect(error?.code == .auditBroken, sourceLocation: location)
        #expect(error?.message.contains(text) == true, "\(error?.message ?? "")", sourceLocation: location)
    }

    @Test func keepsOneChainOverAllFiles() throws {
        let fixture = try fixture()
        #expect(try names() == [name(1, 4), name(5, 7), log])
        let whole = try names().map { try fixture.bytes(of: $0) }.joined()
        var previous = try SHA256Digest(of: [])
        for (index, line) in whole.split(separator: 0x0A).map({ Array($0) + [0x0A] }).enumerated() {
            let json = try JSONValue(strict: line)
            #expect(json["sequence"]?.integer == Int64(index + 1))
            #expect(json["previous"]?.string == previous.hex)
            previous = try SHA256Digest(of: line)
        }
        let verification = try fixture.store.auditLog().verify()
        #expect(verification.head == AuditHead(sequence: 8, digest: previous))
        #expect(verification.lines == 8)
        #expect(verification.files.map { "audit/" + $0 } == (try names()))
        #expect(try fixture.store.auditLog().head() == verification.head)
        #expect(try fixture.auditLines().map(\.sequence) == Array(1...8))
        #expect(try fixture.store.auditLog().copy(since: nil).bytes == Array(whole))
        let rotations = try fixture.auditLines().filter { $0.event.operation == "audit.rotate" }
        #expect(rotations.map(\.sequence) == [5, 8])
        #expect(rotations.map { $0.event.details["closed"]?.string.map { "audit/" + $0 } } == [name(1, 4), name(5, 7)])
        #expect(try fixture.store.check().isHealthy)
    }

    @Test func closesNothingTwice() throws {
        let fixture = try fixture()
        let again = try fixture.store.rotateAudit()
        #expect(again.closed == nil)
        #expect(again.head.sequence == 8)
        #expect(try names().count == 3)
        let empty = try StoreFixture(at: TemporaryHome.around.appending("none"))
        #expect(try empty.store.rotateAudit().closed == nil)
        #expect(try empty.tree().isEmpty)
    }

    @Test func closesALargeFileByItself() throws {
        let store = try ModelStore.open(
            home: TemporaryHome.path,
            context: StoreContext(
                user: "alice", host: "vault", program: "baigo 0.1.0", auditFileBytes: 700,
                clock: { StoreFixture.start }))
        for _ in 0..<8 { try store.change(AuditEvent("trust.add")) { _ in } }
        let fixture = try StoreFixture()
        let verification = try fixture.store.auditLog().verify()
        #expect(verification.files.count > 3)
        #expect(verification.openIntents.isEmpty)
        // No file ends between an intent and its outcome.
        let lines = try fixture.auditLines()
        for line in lines where line.kind == .intent {
            #expect(lines[Int(line.sequence)].intent == line.sequence)
        }
        for name in try names() where name != log { #expect(try fixture.bytes(of: name).count < 1400) }
    }

    @Test func goesOnWhereARotationWasKilled() throws {
        let fixture = try fixture()
        let head = try fixture.store.auditLog().head()
        // Between the two names, and after the new file was made.
        for isMade in [false, true] {
            try note(7, in: fixture)
            let last = try fixture.store.auditLog().head().sequence
            let first = try fixture.store.auditLog().verify().files.dropLast().last.flatMap {
                $0.dropLast(6).suffix(12)
            }
            let from = try #require(first.flatMap { Int($0) }) + 1
            try audit().rename("audit.jsonl", to: String(name(from, Int(last)).dropFirst(6)))
            if isMade { try audit().publish([], as: "audit.jsonl") }
            #expect(try fixture.store.auditLog().head().sequence == last)
            #expect(try fixture.store.auditLog().verify(expecting: [head]).head.sequence == last)
            try note(8, in: fixture)
            #expect(try fixture.store.auditLog().verify(expecting: [head]).head.sequence == last + 2)
        }
    }

    @Test func accountsForTheFirstLineOfANewFileThatWasCutShort() throws {
        let fixture = try fixture()
        let whole = try fixture.bytes(of: log)
        try fixture.write(Array(whole.prefix(30)), to: log)
        #expect(try fixture.store.auditLog().verify().head.sequence == 7)
        try note(9, in: fixture)
        let verification = try fixture.store.auditLog().verify()
        #expect(verification.head.sequence == 10)
        #expect(verification.recoveryLines == [9])
        #expect(try fixture.auditLines().suffix(3).map(\.kind) == [.recovery, .intent, .outcome])
        var edited = try fixture.bytes(of: log)
        edited[10] ^= 1
        try fixture.write(edited, to: log)
        expectBroken(fixture)
    }

    @Test func findsAnEditOfAClosedFile() throws {
        let fixture = try fixture()
        let head = try fixture.store.auditLog().head()
        for number in 0..<3 {
            let whole = try fixture.bytes(of: name(5, 7))
            var lines = String(decoding: whole, as: UTF8.self).split(separator: "\n").map(String.init)
            lines[number] = lines[number].replacing("alice", with: "mallo")
            try fixture.write(Array((lines.joined(separator: "\n") + "\n").utf8), to: name(5, 7))
            expectBroken(fixture, expecting: head)
            try fixture.write(whole, to: name(5, 7))
            for cut in [whole.dropLast(), whole.dropLast(40), whole[..<1], whole[..<0]] {
                try fixture.write(Array(cut), to: name(5, 7))
                expectBroken(fixture)
            }
            try fixture.write(whole + [0x0A], to: name(5, 7))
            expectBroken(fixture)
            try fixture.write(whole, to: name(5, 7))
        }
        #expect(try fixture.store.auditLog().verify().head == head)
    }

    @Test func findsThatAFileIsGoneOrNamedOtherwise() throws {
        for number in 0..<2 {
            let home = TemporaryHome.around.appending("gone\(number)")
            let fixture = try StoreFixture(at: home)
            for number in 0..<3 {
                try note(number, in: fixture)
                if number > 0 { _ = try fixture.store.rotateAudit() }
            }
            let folder = try Folder.open(home.appending("audit"))
            let gone = String([name(1, 4), name(5, 7)][number].dropFirst(6))
            let bytes = try folder.bytes(of: gone)
            try folder.removeFile(gone)
            expectBroken(fixture)
            // Nothing is written where a part is missing.
            let error = #expect(throws: StoreError.self) { try note(1, in: fixture) }
            #expect(error?.code == .auditBroken)
            #expect(error?.hint?.contains("backup") == true)
            try folder.publish(bytes, as: "audit-1-4.jsonl")
            expectBroken(fixture)
            try folder.publish(bytes, as: gone)
            try note(1, in: fixture)
            #expect(try fixture.store.auditLog().verify().head.sequence == 10)
        }
    }

    @Test func writesNothingBehindAClosedFileThatWasCut() throws {
        let fixture = try fixture()
        try audit().removeFile("audit.jsonl")
        let whole = try fixture.bytes(of: name(5, 7))
        try fixture.write(Array(whole.dropLast(20)), to: name(5, 7))
        let error = #expect(throws: StoreError.self) { try note(1, in: fixture) }
        #expect(error?.code == .auditBroken)
        expectBroken(fixture)
        #expect(try fixture.bytes(of: name(5, 7)) == Array(whole.dropLast(20)))
    }

    @Test func checksAClosedFileByItself() throws {
        let fixture = try fixture()
        let line = try #require(try fixture.auditLines().first { $0.sequence == 6 })
        let head = AuditHead(sequence: 6, digest: try SHA256Digest(of: line.bytes))
        let found = try AuditLog(copy: TemporaryHome.path.appending(name(5, 7))).verify(expecting: [head])
        #expect(found.lines == 3)
        #expect(found.head.sequence == 7)
    }

    @Test func copiesKeepUpWithFilesThatWereClosedSince() throws {
        let fixture = try fixture()
        let place = TemporaryHome.around.appending("copy")
        _ = try fixture.store.copy(to: place)
        let copy = try StoreFixture(at: place)
        func expectSame() throws {
            for name in try names() { #expect(try copy.bytes(of: name) == fixture.bytes(of: name), "\(name)") }
            #expect(try Folder.open(place.appending("audit")).names().map { "audit/" + $0 } == names())
            #expect(try copy.store.auditLog().verify() == fixture.store.auditLog().verify())
        }
        try expectSame()
        try note(4, in: fixture)
        _ = try fixture.store.rotateAudit()
        try note(5, in: fixture)
        _ = try fixture.store.rotateAudit()
        _ = try fixture.store.copy(to: place)
        try expectSame()
        // A copy that closed a file of its own is no copy any more.
        _ = try copy.store.rotateAudit()
        let before = try copy.bytes(of: log)
        let error = #expect(throws: StoreError.self) { try fixture.store.copy(to: place) }
        #expect(error?.code == .otherStore)
        #expect(try copy.bytes(of: log) == before)
    }

    @Test func movesWithEveryFile() throws {
        let fixture = try fixture()
        let place = TemporaryHome.around.appending("moved")
        let context = StoreContext(
            user: "alice", host: "vault", program: "baigo 0.1.0", clock: { StoreFixture.start })
        _ = try StoreMove(from: fixture.path, to: place, context: context).run()
        let verification = try StoreFixture(at: place).store.auditLog().verify()
        #expect(verification.files.count == 3)
        #expect(verification.head.sequence == 10)
    }
}
