// SPDX-License-Identifier: Apache-2.0

import BaigoCLI
import BaigoCore
import Foundation
import Testing

struct ToolTests {
    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("baigo-cli-\(UUID().uuidString)")

    private var environment: [String: String] {
        ["BAIGO_HOME": folder.path + "/home", "HOME": folder.path, "XDG_CONFIG_HOME": folder.path + "/config"]
    }

    private func withConfiguration(_ text: String, _ body: ([String: String]) async throws -> Void) async throws {
        try FileManager.default.createDirectory(
            at: folder.appendingPathComponent("config/baigo"), withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try Data(text.utf8).write(to: folder.appendingPathComponent("config/baigo/config.toml"))
        try await body(environment)
    }

    @Test(arguments: ["--help", "help", "trust", "--generate-completion-script=bash"])
    func helpGoesToStandardOutput(_ argument: String) async {
        let result = await Invocation(argument, environment: environment)
        #expect(result.status == .done)
        #expect(result.output.contains("baigo"))
        #expect(result.errorOutput.isEmpty)
    }

    @Test func theVersionIsNameAndNumber() async {
        let result = await Invocation("--version", environment: environment)
        #expect(result.output == "baigo 0.1.0\n")
    }

    @Test func anEmptyStoreListsNothingAndMakesNothing() async throws {
        let result = await Invocation("list", "--json", environment: environment)
        #expect(result.status == .done)
        #expect(try JSONValue(strict: Array(result.output.utf8))["models"] == [])
        #expect(!FileManager.default.fileExists(atPath: folder.path))
    }

    @Test func errorsNameWhatToDo() async {
        let result = await Invocation("show", "nothing", environment: environment)
        #expect(result.status == .notFound)
        #expect(result.output.isEmpty)
        #expect(result.errorOutput.hasPrefix("error: there is no model nothing in the store\nhint: "))
    }

    @Test func aMissingEngineIsSaidByDoctorAndStopsRunAlone() async throws {
        let doctor = await Invocation("doctor", "--json", environment: environment)
        #expect(doctor.status == .done)
        let json = try JSONValue(strict: Array(doctor.output.utf8))
        #expect(json["engine"] == JSONValue.null)
        #expect(json["warnings"]?.array?.first?["identifier"] == "engine.not-found")
    }

    @Test func configurationIsReadAndChecked() async throws {
        try await withConfiguration("offline = true\n") { environment in
            let result = await Invocation("doctor", "--json", environment: environment)
            #expect(try JSONValue(strict: Array(result.output.utf8))["offline"] == true)
        }
        for text in ["offline = \n", "ofline = true\n", "home = 3\n"] {
            try await withConfiguration(text) { environment in
                let result = await Invocation("list", environment: environment)
                #expect(result.status == .environment)
                #expect(result.errorOutput.contains("config.toml"))
            }
        }
    }
}
