// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import EngineClient
import EngineWire
import Foundation
import SystemPackage
import Testing

struct EngineLocatorTests {
    private func withProgram(at place: String, mode: Int = 0o755, _ body: (FilePath) throws -> Void) throws {
        let root = FileManager.default.temporaryDirectory.appendingPathComponent("baigo-locator-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: root) }
        let file = root.appendingPathComponent(place)
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data("#!/bin/sh\n".utf8).write(to: file)
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file.path)
        try body(FilePath(root.path))
    }

    @Test(arguments: ["bin/baigo-engine", "lib/baigo/baigo-engine"])
    func findsTheEngineBesideTheProgramOrInItsLibraryFolder(_ place: String) throws {
        try withProgram(at: place) { root in
            let locator = EngineLocator(configured: nil, executable: root.appending("bin").appending("baigo"))
            let found = try locator.locate()
            #expect(found.string == root.string + "/" + place)
        }
    }

    @Test func looksOnlyWhereItIsTold() throws {
        try withProgram(at: "bin/baigo-engine") { root in
            let executable = root.appending("bin").appending("baigo")
            let chosen = root.appending("bin").appending("baigo-engine").string
            let found = try EngineLocator(configured: chosen, executable: "/usr/bin/baigo").locate()
            #expect(found.string == chosen)
            let error = #expect(throws: EngineError.self) {
                _ = try EngineLocator(configured: "/nonexistent/\u{1b}engine", executable: executable).locate()
            }
            #expect(error?.code == .notFound)
            #expect(error?.message.contains("/nonexistent/\\u{1b}engine") == true)
            #expect(error?.hint?.contains("BAIGO_ENGINE") == true)
        }
    }

    @Test func doesNotTakeAFileThatCannotRun() throws {
        try withProgram(at: "bin/baigo-engine", mode: 0o644) { root in
            let error = #expect(throws: EngineError.self) {
                _ = try EngineLocator(configured: nil, executable: root.appending("bin").appending("baigo")).locate()
            }
            #expect(error?.code == .notFound)
            #expect(error?.exitStatus == .engine)
            #expect(error?.hint?.contains("scripts/bootstrap") == true)
        }
    }
}
