// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import BundleKit
import TestSupport
import Testing

struct SafetensorsHeaderTests {
    private static let good =
        #"{"__metadata__":{"format":"pt"},"b":{"dtype":"BF16","shape":[2,3],"data_offsets":[8,20]},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#

    private func read(_ header: String, data: Int = 20, length: UInt64? = nil) throws -> SafetensorsHeader {
        var out = GGUFBytes()
        out.add(length ?? UInt64(header.utf8.count))
        out.add(raw: Array(header.utf8) + [UInt8](repeating: 1, count: data))
        return try SafetensorsHeader(reading: try namelessFile(out.bytes))
    }

    @Test(arguments: [good, good + "    "])
    func readsAHeader(_ text: String) throws {
        let header = try read(text)
        #expect(header.tensorCount == 2)
        #expect(header.parameters == 8)
    }

    @Test func readsAFileWithoutTensors() throws {
        #expect(try read("{}", data: 0).tensorCount == 0)
    }

    @Test(arguments: [
        #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[3],"data_offsets":[4,16]}}"#,
        #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[1],"data_offsets":[16,20]}}"#,
        #"{"a":{"dtype":"F32","shape":[5],"data_offsets":[0,20]},"a":{"dtype":"F32","shape":[5],"data_offsets":[0,20]}}"#,
        #"{"a":{"dtype":"F32","shape":[6],"data_offsets":[0,24]}}"#,
        #"{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}"#,
        #"{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,20]}}"#,
        #"{"a":{"dtype":"F32","shape":[5],"data_offsets":[20,0]}}"#,
        #"{"a":{"dtype":"F32","shape":[-5],"data_offsets":[0,20]}}"#,
        #"{"a":{"dtype":"F32","shape":[9223372036854775807,4],"data_offsets":[0,20]}}"#,
        #"{"a":{"dtype":"F4","shape":[3],"data_offsets":[0,20]}}"#,
        #"{"a":{"dtype":"F32","shape":[5],"data_offsets":[0,20,20]}}"#,
        #"{"a":{"dtype":"F32","shape":[5]}}"#, #"{"__metadata__":{"a":1}}"#, " {}", "[]", "{", "",
    ])
    func refusesHeadersThatDoNotAddUp(_ header: String) {
        let error = #expect(throws: BundleError.self) { try read(header) }
        #expect(error?.code == .modelHeader)
    }

    @Test func refusesTensorsWhoseEndsCannotBeCounted() {
        let size = Int64(1) << 60 - 1
        let tensors = (0..<8).map { index in
            #""t\#(index)":{"dtype":"U8","shape":[\#(size)],"data_offsets":[\#(Int64(index) * size),\#(Int64(index + 1) * size)]}"#
        }
        let error = #expect(throws: BundleError.self) { try read("{\(tensors.joined(separator: ","))}") }
        #expect(error?.code == .modelHeader)
    }

    @Test func quotesOnlyTheStartOfALongName() {
        let name = String(repeating: "n", count: 1 << 20)
        let error = #expect(throws: BundleError.self) { try read(#"{"\#(name)":{"dtype":"F32","shape":[6]}}"#) }
        #expect((error?.message.utf8.count ?? 0) < 1024)
    }

    @Test(arguments: [100_000_001, UInt64.max, 4096])
    func refusesLengthsBeyondFileOrLimit(_ length: UInt64) {
        let error = #expect(throws: BundleError.self) { try read(Self.good, length: length) }
        #expect(error?.code == .modelHeader)
    }

    @Test func saysWhenATypeIsNotKnown() {
        let error = #expect(throws: BundleError.self) {
            try read(#"{"a":{"dtype":"F2","shape":[80],"data_offsets":[0,20]}}"#)
        }
        #expect(error?.code == .unsupported)
    }
}
