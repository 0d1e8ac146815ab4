// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import BundleKit
import SystemPackage
import TestSupport
import Testing

struct ModelCardTests {
    private func license(_ card: String) throws -> JSONValue? {
        try withModelFolder { path, folder in
            try folder.publish([1], as: "model.onnx")
            try folder.publish(Array(card.utf8), as: "README.md")
            return try ModelSource.inspect(path, options: plainOptions).draft.members["license"]
        }
    }

    @Test(arguments: [
        "---\nlicense: mit\n---\n", "---\r\nlicense: mit\r\n---\r\n", "--- \nlicense:   \"mit\"\n---",
        "---\nlanguage: en\nlicense: 'mit' # yes\n---\n", "---\nlicense: MIT\nlicense: gpl-3.0\n---\n",
        "---\nlicense: other\nlicense_name: mit\n---\n",
    ])
    func findsTheLicence(_ card: String) throws {
        #expect(try license(card) == ["id": "MIT"])
    }

    @Test(arguments: [
        "license: mit\n", "---\nlicense: mit\n", "---\n  license: mit\n---\n", "---\nlicense:\n  - mit\n---\n",
        "---\nlicense: [mit]\n---\n", "---\nlicense: *anchor\n---\n", "---\nlicense: |\n  mit\n---\n", "",
        "---\nlicense: \"unclosed\n---\n", "---\nlicense: other\n---\n", "# Title\n---\nlicense: mit\n---\n",
        "---\nlicense: \"m\\u0069t\"\n---\n",
    ])
    func passesOverWhatIsNoPlainLine(_ card: String) throws {
        #expect(try license(card) == nil)
    }

    @Test func looksAtTheStartOnly() throws {
        let filler = String(repeating: "x: y\n", count: 20_000)
        #expect(try license("---\n\(filler)license: mit\n---\n") == nil)
    }

    private func members(_ card: String) throws -> [String: JSONValue] {
        try withModelFolder { path, folder in
            try folder.publish([1], as: "model.onnx")
            try folder.publish(Array(card.utf8), as: "README.md")
            return try ModelSource.inspect(path, options: plainOptions).draft.members
        }
    }

    @Test(arguments: [
        "base_model: A/B\ntags: [x, 'y z']\n", "base_model:\n- A/B\ntags:\n  - x\n  - \"y z\"\nlicense: mit\n",
        "tags:\n- x\n- *anchor\n- {a: b}\n- y z\nbase_model: [A/B]\n",
        "base_model: [ A/B ]\ntags: [x,y z]\ntags: [z]\n",
    ])
    func readsPlainLists(_ lines: String) throws {
        let members = try members("---\n\(lines)---\n")
        #expect(members["baseModels"] == ["A/B"])
        #expect(members["tags"] == ["x", "y z"])
    }

    @Test func boundsLists() throws {
        let tags = (0..<5000).map { "- tag\($0)\n" }.joined()
        let members = try members("---\ntags:\n\(tags)language:\n- \(String(repeating: "e", count: 300))\n---\n")
        #expect(members["tags"]?.array?.count == 64)
        #expect(members["languages"] == nil)
    }
}
