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

    @Test(arguments: [
        "", "\n", "\(hex)  a", "\(hex)  a\n\n", "\(hex)  a\r\n", "\(hex) a\n", "\(hex)\ta\n", "\(hex)  \n",
        "\(hex.uppercased())  a\n", "\(hex.dropLast())  a\n", "\\\(hex)  a\n", "\(hex)  ../a\n", "\(hex)  /a\n",
        "\(hex)  a\n\(hex)  a\n", "\(hex)  checksums.txt\n", "\(hex)  checksums.txt.asc\n", "\(hex)  model.sig\n",
        "# note\n\(hex)  a\n", "SHA256 (a) = \(hex)\n", "\u{FEFF}\(hex)  a\n", "\(hex)   a\n", "\(hex)  a\u{0}\n",
    ])
    func refuses(_ text: String) {
        let error = #expect(throws: BundleError.self) { try ChecksumList(reading: Array(text.utf8)) }
        #expect(error?.code == .checksums || error?.code == .unsafeEntryName)
    }
}
