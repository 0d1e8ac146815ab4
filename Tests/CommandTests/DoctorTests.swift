// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import Foundation
import TestSupport
import Testing

/// `baigo doctor` where the host is in disorder.
struct DoctorTests {
    private func warnings(_ result: ProgramResult) throws -> [String?] {
        expect(result, endsWith: .done)
        return try result.json["warnings"]?.array?.map { $0["identifier"]?.string } ?? []
    }

    @Test func itNeedsNoHome() throws {
        let site = try Site()
        let bare = "env -i PATH=\"$PATH\" BAIGO_SYSTEM_STORE=none \"$BAIGO\""
        let json = try site.shell("\(bare) doctor --json")
        #expect(try warnings(json).contains("environment.configuration"))
        #expect(try json.json["store"]?["home"] == .null)
        #expect(try json.json["engine"]?["linkedVersion"] != nil)
        let text = try site.shell("\(bare) doctor")
        expect(text, endsWith: .done)
        #expect(text.text.contains("warning: neither BAIGO_HOME nor HOME is set"))
        let answer = try site.shell("\(bare) run '\(Site.model)' Hello --max-tokens 2 < /dev/null")
        expect(answer, endsWith: .done)
        #expect(!answer.text.isEmpty)
        let stored = try site.shell("\(bare) run tiny Hello --json < /dev/null")
        expect(stored, endsWith: .environment, identifier: "environment.configuration")
    }

    @Test(arguments: [
        ("colour = \"red\"\noffline = true\n", true), ("home = 1\noffline = true\n", true), ("offline = ", false),
        ("= 1", false),
    ])
    func aFaultOfTheConfigurationIsNamedAndTheRestShown(_ text: String, _ isRead: Bool) throws {
        let site = try Site()
        try site.write(Data(text.utf8), to: "bad.toml")
        site.environment["BAIGO_CONFIG"] = site.path("bad.toml")
        expect(try site.baigo("list"), endsWith: .environment)
        let result = try site.baigo("doctor", "--json")
        #expect(try warnings(result).contains("environment.configuration"))
        #expect(try result.json["store"]?["home"]?.string == site.home)
        #expect(try result.json["store"]?["models"] == 0)
        #expect(try result.json["offline"] == .bool(isRead))
    }

    @Test func aConfigurationThatCannotBeReadIsNamed() throws {
        let site = try Site()
        site.environment["BAIGO_CONFIG"] = site.path("missing.toml")
        #expect(try warnings(site.baigo("doctor", "--json")).contains("file.not-found"))
        site.environment["BAIGO_CONFIG"] = site.folder
        #expect(try warnings(site.baigo("doctor", "--json")).isEmpty == false)
        site.environment["BAIGO_CONFIG"] = nil
        site.environment["BAIGO_SYSTEM_STORE"] = "relative"
        #expect(try warnings(site.baigo("doctor", "--json")).contains("environment.configuration"))
        site.environment["BAIGO_SYSTEM_STORE"] = "none"
        let none = try site.baigo("doctor", "--system", "--json")
        #expect(try warnings(none).contains("environment.configuration"))
    }
}
