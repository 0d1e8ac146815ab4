// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import Testing

struct JSONTests {
    @Test func readsEveryKindOfValue() throws {
        let text = #"{"a":[1,-2,true,false,null,"x\n\u00e9\ud83d\ude00"],"b":{"c":1.50}}"#
        let value = try JSONValue(strict: Array(text.utf8))
        #expect(value["a"]?.array == [1, -2, true, false, nil, "x\né😀"])
        #expect(value["b"]?["c"] == .decimal("1.50"))
    }

    @Test func writesKeysByCodePointAndLeavesSlashesAlone() throws {
        let value: JSONValue = ["b": "x/y", "a": [1, []], "Z": ["k": nil], "é": "\u{1}"]
        let expected = """
            {
              "Z": {
                "k": null
              },
              "a": [
                1,
                []
              ],
              "b": "x/y",
              "é": "\\u0001"
            }

            """
        #expect(String(decoding: value.prettyBytes, as: UTF8.self) == expected)
        #expect(try JSONValue(strict: value.compactBytes) == value)
    }

    @Test(arguments: [
        "", "{", "[1,]", "{\"a\":1,}", "{\"a\":1,\"a\":2}", "NaN", "-Infinity", "01", "1.", "+1", ".5", "1e", "1e999",
        "9223372036854775808", "\"\\ud800\"", "\"\\ud800\\u0041\"", "\"\\x\"", "\"\u{1}\"", "\"", "tru", "1 2", "{}x",
        "'a'",
        "[1 2]", "{\"a\" 1}", "{1:2}", "\"\\u+123\"", "/**/1", "\u{FEFF}1",
    ])
    func refuses(_ text: String) {
        #expect(throws: JSONError.self) { try JSONValue(strict: Array(text.utf8)) }
    }

    @Test func refusesBytesThatAreNotUTF8() {
        #expect(throws: JSONError.self) { try JSONValue(strict: [0x22, 0xFF, 0x22]) }
        #expect(throws: JSONError.self) { try JSONValue(strict: [0x22, 0xC0, 0x80, 0x22]) }
    }

    @Test func refusesNestingBeyondTheLimit() throws {
        func nested(_ depth: Int) -> [UInt8] {
            Array((String(repeating: "[", count: depth) + String(repeating: "]", count: depth)).utf8)
        }
        _ = try JSONValue(strict: nested(64))
        #expect(throws: JSONError.self) { try JSONValue(strict: nested(65)) }
        #expect(throws: JSONError.self) { try JSONValue(strict: nested(1_000_000)) }
    }
}
