// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import BundleKit
import Dispatch
import ModelStore
import Synchronization
import SystemPackage
import Testing
import TestSupport

@Suite(.temporaryHome)
struct ConcurrencyTests {
    @Test func importsAndRemovesBesideReaders() throws {
        let path = TemporaryHome.path
        let failures = Mutex<[String]>([])
        let writersLeft = Atomic<Int>(3)
        // Three writers and two readers, each with a store object of its own, as processes have.
        DispatchQueue.concurrentPerform(iterations: 5) { number in
            do {
                let fixture = try StoreFixture(at: path)
                if number < 3 {
                    defer { writersLeft.subtract(1, ordering: .relaxed) }
                    try Self.write(number, fixture)
                } else {
                    repeat { try Self.read(fixture) } while writersLeft.load(ordering: .relaxed) > 0
                }
            } catch {
                failures.withLock { $0.append("\(number): \(error)") }
            }
        }
        #expect(failures.withLock { $0 } == [])
        let fixture = try StoreFixture(at: path)
        #expect(try fixture.store.list().models.map(\.name.description) == ["acme/m0", "acme/m1", "acme/m2"])
        #expect(try fixture.store.list().models.flatMap(\.versions).map(\.version.description) == ["2", "2", "2"])
        #expect(try fixture.store.auditLog().verify().openIntents.isEmpty)
        #expect(try fixture.paths(under: "staging/").isEmpty)
    }

    private static func write(_ number: Int, _ fixture: StoreFixture) throws {
        for version in ["1", "2"] {
            let package = try MemoryPackage("acme/m\(number)", version: version, license: "\(number) \(version)")
            let request = ImportRequest(wait: .seconds(60), from: package.source) { _ in StoreFixture.unsigned }
            _ = try fixture.store.importPackage(package, request)
        }
        _ = try fixture.store.remove(try ModelReference("acme/m\(number):1"), wait: .seconds(60))
    }

    private static func read(_ fixture: StoreFixture) throws {
        for version in try fixture.store.list().models.flatMap(\.versions) {
            do {
                _ = try fixture.store.resolve(version.exactReference)
            } catch let error as StoreError where [.modelNotFound, .versionNotFound].contains(error.code) {
                // It was removed meanwhile.
            }
        }
    }
}
