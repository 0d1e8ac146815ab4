// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import BundleKit
import ModelStore
import Testing
import TestSupport

/// A log whose last line was written by a clock that was ahead.
@Suite(.temporaryHome)
struct AuditClockTests {
    private static let future = Timestamp(secondsSinceEpoch: 2_100_000_000)

    /// A store with a line of the future, as it is opened today.
    private func fixture() throws -> StoreFixture {
        try StoreFixture().add(try MemoryPackage("acme/one"))
        try StoreFixture(time: Self.future).add(try MemoryPackage("acme/two"))
        return try StoreFixture()
    }

    private func head(_ fixture: StoreFixture) throws -> AuditHead { try fixture.store.auditLog().verify().head }

    @Test func goesOnOnlyAfterTheLineThatIsNamed() throws {
        let fixture = try fixture()
        let refusal = #expect(throws: FileError.self) { try fixture.add(try MemoryPackage("acme/three")) }
        #expect(refusal?.code == .clock)
        let last = try head(fixture)
        #expect(refusal?.hint?.contains("baigo audit reset-clock \(last)") == true)
        let before = try fixture.bytes(of: "audit/audit.jsonl")
        for wrong in [
            AuditHead(sequence: last.sequence - 1, digest: last.digest),
            AuditHead(sequence: last.sequence, digest: try SHA256Digest(of: [1])), try AuditHead.empty,
        ] {
            let error = #expect(throws: StoreError.self) { try fixture.store.resetClock(after: wrong) }
            #expect(error?.code == .auditUnexpected)
        }
        #expect(try fixture.bytes(of: "audit/audit.jsonl") == before)
        let done = try fixture.store.resetClock(after: last)
        #expect(done.isReset)
        let line = try #require(try fixture.auditLines().last)
        #expect(line.event.operation == "audit.reset-clock")
        #expect(line.time == StoreFixture.start)
        #expect(line.event.details["clockBack"]?.string == Self.future.description)
        #expect(line.event.details["line"] == .integer(last.sequence))
        #expect(try fixture.bytes(of: "audit/audit.jsonl").starts(with: before))
        #expect(try fixture.add(try MemoryPackage("acme/three")).outcome == .imported)
        #expect(try fixture.store.check().isHealthy)
        #expect(try fixture.store.auditLog().verify(expecting: [last]).openIntents.isEmpty)
        // It is no licence for the next time.
        let earlier = try StoreFixture(time: Timestamp(secondsSinceEpoch: 1_700_000_000))
        #expect(throws: FileError.self) { try earlier.add(try MemoryPackage("acme/four")) }
        let present = try head(fixture)
        let idle = try fixture.store.resetClock(after: present)
        #expect(!idle.isReset && idle.head == present)
    }

    @Test func settlesWhatACommandOfTheFutureLeft() throws {
        let fixture = try fixture()
        var lines = try fixture.bytes(of: "audit/audit.jsonl")
        // The outcome of the second import is not there, but the start of another line.
        let end = try #require(lines.dropLast().lastIndex(of: 0x0A))
        lines.removeSubrange((end + 1)...)
        try fixture.write(lines + Array(#"{"by": "al"#.utf8), to: "audit/audit.jsonl")
        let result = try fixture.store.resetClock(after: try fixture.store.auditLog().head())
        #expect(result.isReset)
        let written = try fixture.auditLines().suffix(3)
        #expect(written.map(\.event.operation) == ["audit.recover", "audit.reset-clock", "import"])
        #expect(written.last?.result == .recovered)
        let found = try fixture.store.auditLog().verify()
        #expect(found.openIntents.isEmpty)
        #expect(found.tornBytes == 0)
        #expect(try fixture.store.list().models.count == 2)
        #expect(try fixture.store.check().isHealthy)
    }

    @Test func keepsAnIntentOpenWhereTheWayOutIsCutShortToo() throws {
        let fixture = try fixture()
        var lines = try fixture.bytes(of: "audit/audit.jsonl")
        let end = try #require(lines.dropLast().lastIndex(of: 0x0A))
        lines.removeSubrange((end + 1)...)
        try fixture.write(lines, to: "audit/audit.jsonl")
        _ = try fixture.store.resetClock(after: try head(fixture))
        var cut = try fixture.bytes(of: "audit/audit.jsonl")
        let last = try #require(cut.dropLast().lastIndex(of: 0x0A))
        cut.removeSubrange((last + 1)...)
        try fixture.write(cut, to: "audit/audit.jsonl")
        #expect(try fixture.auditLines().last?.event.operation == "audit.reset-clock")
        try fixture.add(try MemoryPackage("acme/three"))
        #expect(try fixture.store.auditLog().verify().openIntents.isEmpty)
    }

    @Test func takesAStepBackForAnEditThatNamesAnotherTime() throws {
        let fixture = try fixture()
        _ = try fixture.store.resetClock(after: try head(fixture))
        let text = String(decoding: try fixture.bytes(of: "audit/audit.jsonl"), as: UTF8.self)
        for (old, new) in [("clockBack", "clockback"), (#""clockBack":"20"#, #""clockBack":"21"#)] {
            #expect(text.contains(old))
            try fixture.write(Array(text.replacing(old, with: new).utf8), to: "audit/audit.jsonl")
            let error = #expect(throws: StoreError.self) { try fixture.store.auditLog().verify() }
            #expect(error?.code == .auditBroken)
        }
    }
}
