// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import BundleKit
import ModelStore
import SystemPackage
import Testing
import TestSupport

@Suite(.temporaryHome)
struct AuditTests {
    private let log = "audit/audit.jsonl"

    private func fixture(lines count: Int) throws -> StoreFixture {
        let fixture = try StoreFixture()
        for number in 0..<count {
            try fixture.store.change(AuditEvent("trust.add", details: ["number": .integer(Int64(number))])) { _ in }
        }
        return fixture
    }

    @Test func chainsEveryLineToTheOneBefore() throws {
        let fixture = try fixture(lines: 2)
        let bytes = try fixture.bytes(of: log)
        let lines = bytes.split(separator: 0x0A).map { Array($0) + [0x0A] }
        #expect(lines.count == 4)
        var previous = try SHA256Digest(of: [])
        for (index, line) in lines.enumerated() {
            let json = try JSONValue(strict: line)
            #expect(json["sequence"]?.integer == Int64(index + 1))
            #expect(json["previous"]?.string == previous.hex)
            #expect(json["by"] == "alice@vault")
            previous = try SHA256Digest(of: line)
        }
        let verification = try fixture.store.auditLog().verify()
        #expect(verification.head == AuditHead(sequence: 4, digest: previous))
        #expect(verification.openIntents.isEmpty)
        #expect(verification.recoveryLines.isEmpty)
        #expect(verification.tornBytes == 0)
        #expect(try fixture.store.auditLog().head() == verification.head)
    }

    @Test func tellsHowAChangeEnded() throws {
        let fixture = try fixture(lines: 0)
        let wrong = BundleError(.keyMalformed, "no key")
        #expect(throws: BundleError.self) {
            try fixture.store.change(AuditEvent("trust.add")) { _ in throw wrong }
        }
        let lines = try fixture.auditLines()
        #expect(lines.map(\.kind) == [.intent, .outcome])
        #expect(lines.last?.result == .refused)
        #expect(lines.last?.error == "key.malformed")
        #expect(lines.last?.intent == 1)
    }

    @Test(arguments: [Int64.max, Int64.max - 1, 1 << 60])
    func countsNothingUpFromANumberThatNoLineHas(_ number: Int64) throws {
        let fixture = try fixture(lines: 2)
        var lines = String(decoding: try fixture.bytes(of: log), as: UTF8.self).split(separator: "\n").map(String.init)
        lines[3] = lines[3].replacing("\"sequence\":4,", with: "\"sequence\":\(number),")
        try fixture.write(Array(lines.joined(separator: "\n").utf8) + [0x0A], to: log)
        let before = try fixture.bytes(of: log)
        let errors = [
            #expect(throws: StoreError.self) { try fixture.store.change(AuditEvent("trust.add")) { _ in } },
            #expect(throws: StoreError.self) { try fixture.store.rotateAudit() },
            #expect(throws: StoreError.self) { try fixture.store.auditLog().verify() },
            #expect(throws: StoreError.self) {
                try AuditLog(copy: fixture.path.appending(log)).verify()
            },
        ]
        #expect(errors.map { $0?.code } == [.auditBroken, .auditBroken, .auditBroken, .auditBroken])
        #expect(try fixture.bytes(of: log) == before)
        // The name of a closed file has no such number either.
        try Folder.open(fixture.path.appending("audit")).rename(
            "audit.jsonl", to: "audit-000000000001-\(Int64.max).jsonl")
        try fixture.write(before, to: log)
        #expect(throws: StoreError.self) { try fixture.store.change(AuditEvent("trust.add")) { _ in } }
    }

    @Test(arguments: [1, 2, 3, 4])
    func findsAnEditedLine(_ number: Int) throws {
        let fixture = try fixture(lines: 2)
        let head = try fixture.store.auditLog().head()
        var lines = String(decoding: try fixture.bytes(of: log), as: UTF8.self).split(separator: "\n").map(String.init)
        lines[number - 1] = lines[number - 1].replacing("alice", with: "mallo")
        try fixture.write(Array((lines.joined(separator: "\n") + "\n").utf8), to: log)
        // The last line has no follower; only a head that somebody kept proves it wrong.
        let error = #expect(throws: StoreError.self) { try fixture.store.auditLog().verify(expecting: [head]) }
        #expect(error?.code == (number == 4 ? .auditUnexpected : .auditBroken))
    }

    @Test func findsALogThatBeganAgain() throws {
        let fixture = try StoreFixture()
        try fixture.add(try MemoryPackage("acme/tiny"))
        try Folder.open(fixture.path.appending("audit")).removeFile("audit.jsonl")
        for _ in 1...3 { try fixture.add(try MemoryPackage("plain", version: "\(UInt32.random(in: 1...(.max)))")) }
        let problem = try #require(try fixture.store.check().problems.first)
        #expect(problem.identifier == "audit.unexpected-head")
        let heads = try fixture.store.receiptHeads()
        #expect(heads.count == 4)
        let error = #expect(throws: StoreError.self) { try fixture.store.auditLog().verify(expecting: heads) }
        #expect(error?.code == .auditUnexpected)
    }

    @Test func findsARemovedLineAndACutTail() throws {
        let fixture = try fixture(lines: 2)
        let head = try fixture.store.auditLog().head()
        let lines = try fixture.bytes(of: log).split(separator: 0x0A).map { Array($0) + [0x0A] }
        try fixture.write(Array(lines[..<3].joined()), to: log)
        #expect(try fixture.store.auditLog().verify().openIntents == [3])
        let cut = #expect(throws: StoreError.self) { try fixture.store.auditLog().verify(expecting: [head]) }
        #expect(cut?.code == .auditUnexpected)
        try fixture.write(Array((lines[..<1] + lines[2...]).joined()), to: log)
        let removed = #expect(throws: StoreError.self) { try fixture.store.auditLog().verify() }
        #expect(removed?.code == .auditBroken)
        #expect(removed?.message.contains("line 2") == true)
    }

    @Test func accountsForALineThatWasCutShort() throws {
        let fixture = try fixture(lines: 1)
        let whole = try fixture.bytes(of: log)
        let torn = Array(#"{"by":"alice@vault","kind":"int"#.utf8)
        for tail in [torn, torn + [0x0A], torn + [0x0A] + torn, [0x0A]] {
            try fixture.write(whole + tail, to: log)
            #expect(try fixture.store.auditLog().verify().tornBytes == tail.count)
            #expect(try fixture.store.auditLog().head().sequence == 2)
            try fixture.store.change(AuditEvent("trust.add")) { _ in }
            let bytes = try fixture.bytes(of: log)
            #expect(bytes.starts(with: whole + tail))
            let verification = try fixture.store.auditLog().verify()
            #expect(verification.recoveryLines.count == 1)
            #expect(verification.tornBytes == 0)
            #expect(try fixture.auditLines().map(\.kind) == [.intent, .outcome, .recovery, .intent, .outcome])
        }
    }

    @Test func findsAnEditOfWhatWasCutShort() throws {
        let fixture = try fixture(lines: 1)
        let whole = try fixture.bytes(of: log)
        try fixture.write(whole + Array("{\"torn".utf8), to: log)
        try fixture.store.change(AuditEvent("trust.add")) { _ in }
        let text = String(decoding: try fixture.bytes(of: log), as: UTF8.self)
        try fixture.write(Array(text.replacing("{\"torn\n", with: "{\"tarn\n").utf8), to: log)
        #expect(throws: StoreError.self) { try fixture.store.auditLog().verify() }
        try fixture.write(Array(text.replacing("{\"torn\n", with: "").utf8), to: log)
        #expect(throws: StoreError.self) { try fixture.store.auditLog().verify() }
    }

    @Test func completesALineThatLacksOnlyItsEnd() throws {
        let fixture = try fixture(lines: 1)
        let whole = try fixture.bytes(of: log)
        try fixture.write(Array(whole.dropLast()), to: log)
        try fixture.store.change(AuditEvent("trust.add")) { _ in }
        #expect(try fixture.bytes(of: log).starts(with: whole))
        #expect(try fixture.store.auditLog().verify().recoveryLines.isEmpty)
    }

    @Test func writesToNothingThatIsNoLog() throws {
        let fixture = try fixture(lines: 1)
        let junk = [UInt8](repeating: 0x0A, count: 40)
        try fixture.write(junk, to: log)
        let error = #expect(throws: StoreError.self) { try fixture.add(try MemoryPackage()) }
        #expect(error?.code == .auditBroken)
        #expect(try fixture.bytes(of: log) == junk)
        #expect(throws: StoreError.self) { try fixture.store.auditLog().verify() }
    }

    @Test func refusesAClockBeforeTheLastLine() throws {
        _ = try fixture(lines: 1)
        let early = try StoreFixture(time: Timestamp(secondsSinceEpoch: 1_799_999_999))
        let before = try early.tree()
        let error = #expect(throws: FileError.self) { try early.add(try MemoryPackage()) }
        #expect(error?.code == .clock)
        #expect(error?.exitStatus == .environment)
        #expect(try early.tree() == before)
    }

    @Test func recordsRefusalsOnlyWhereThereIsAStore() throws {
        let fixture = try StoreFixture()
        let event = AuditEvent("import", details: ["from": "/media/a\u{1B}[2J.baimodel"])
        let error = BundleError(.truncated, "cut short")
        #expect(try fixture.store.recordRefusal(event, error: error) == nil)
        #expect(try fixture.tree().isEmpty)
        try fixture.add(try MemoryPackage())
        #expect(try fixture.store.recordRefusal(event, error: error)?.sequence == 3)
        let last = try #require(try fixture.auditLines().last)
        #expect(last.result == .refused)
        #expect(last.error == "bundle.truncated")
        #expect(last.event.details["from"] == "/media/a\\u{1b}[2J.baimodel")
    }

    @Test func keepsTheSignatureLatch() throws {
        let fixture = try StoreFixture()
        try fixture.store.change(AuditEvent("trust.add")) { change in
            #expect(!change.isSignatureLatched)
            try change.setSignatureLatch(true)
            _ = try change.folder(making: "trust")
        }
        #expect(try fixture.store.state()?.isSignatureLatched == true)
        #expect(try fixture.store.folder("trust") != nil)
        let identity = try fixture.store.state()?.storeID
        try fixture.add(try MemoryPackage())
        #expect(try fixture.store.state()?.isSignatureLatched == true)
        #expect(try fixture.store.state()?.storeID == identity)
    }
}
