// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import BundleKit
import Testing

struct ChecksumListTests {
    private static let hex = String(repeating: "ab", count: 32)

    @Test func readsBothMarksAndWritesSortedByBytes() throws {
        let text = "\(Self.hex)  model/b\n\(Self.hex) *manifest.json\n"
        let list = try ChecksumList(reading: Array(text.utf8))
        #expect(list.digests.keys.sorted() == ["manifest.json", "model/b"])
        #expect(String(decoding: list.bytes, as: UTF8.self) == "\(Self.hex)  manifest.json\n\(Self.hex)  model/b\n")
    }

    static let faults: [ChecksumRule: [String]] = [
        .empty: [""],
        .unendedLine: ["\(hex)  a", "\(hex)  a\n\(hex)  b"],
        .malformedLine: [
            "\n", "\(hex)  a\n\n", "\n\(hex)  a\n", "\(hex) a\n", "\(hex)\ta\n", "\(hex)  \n",
            "\(hex.uppercased())  a\n", "\(hex.dropLast())  a\n", "\(hex)0  a\n", "\\\(hex)  a\n",
            "# note\n\(hex)  a\n",
            "SHA256 (a) = \(hex)\n", "\u{FEFF}\(hex)  a\n", "\(hex)**a\n", "\(hex)* a\n", " \(hex)  a\n", "\(hex)\n",
            "+" + hex.dropFirst() + "  a\n",
        ],
        .duplicateLine: ["\(hex)  a\n\(hex)  a\n", "\(hex)  a\n\(hex) *a\n"],
        .unlistable: ["\(hex)  checksums.txt\n", "\(hex)  checksums.txt.asc\n", "\(hex)  model.sig\n"],
        .tooLarge: [String(repeating: "\(hex)  \(String(repeating: "a", count: 189))\n", count: 65_537)],
    ]

    @Test(arguments: faults)
    func refuses(_ rule: ChecksumRule, _ texts: [String]) {
        for text in texts {
            let error = #expect(throws: BundleError.self) { try ChecksumList(reading: Array(text.utf8)) }
            #expect(error?.identifier == rule.identifier, "\(text.prefix(200))")
            #expect(error?.exitStatus == .invalidContent)
        }
    }

    @Test(arguments: [
        ("a\r", NameRule.control), ("../a", .dotPart), ("/a", .emptyPart), (" a", .leadingBlank), ("a\u{0}", .control),
        ("a\\nb", .backslash),
    ])
    func refusesUnsafeNames(_ name: String, _ rule: NameRule) {
        let error = #expect(throws: BundleError.self) {
            try ChecksumList(reading: Array("\(Self.hex)  \(name)\n".utf8))
        }
        #expect(error?.identifier == rule.identifier)
    }

    @Test func everyRuleHasAFault() {
        #expect(Set(ChecksumRule.allCases).subtracting(Self.faults.keys) == [.missing, .twoLists])
    }
}
