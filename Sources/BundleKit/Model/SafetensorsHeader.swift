// SPDX-License-Identifier: Apache-2.0

package import BaigoCore

/// The header of a safetensors file, checked against the file.
///
/// Refused: a header beyond the format's limit, JSON that is not strict, types that are not known, sizes that do not
/// follow from shape and type, and tensors that overlap, leave holes or reach beyond the file.
///
/// Source: safetensors, README "Format" and `safetensors/src/tensor.rs`, version 0.6.
package struct SafetensorsHeader: Sendable, Equatable {
    /// Bytes of the header at the most, as the format has it.
    package static let maximumBytes: UInt64 = 100_000_000

    private static let bits: [String: Int64] = [
        "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6, "BOOL": 8, "U8": 8, "I8": 8, "F8_E4M3": 8, "F8_E5M2": 8, "F8_E8M0": 8,
        "I16": 16, "U16": 16, "F16": 16, "BF16": 16, "I32": 32, "U32": 32, "F32": 32, "I64": 64, "U64": 64, "F64": 64,
        "C64": 64,
    ]

    /// Tensors.
    package let tensorCount: Int
    /// Elements of all tensors.
    package let parameters: Int64

    /// Reads and checks the header of a file.
    ///
    /// - Throws: `BundleError`: `modelHeader`; `unsupported` for a type of later versions; `FileError`.
    package init(reading file: OwnedDescriptor) throws {
        let shown = file.path.escapedForTerminal
        let size = try file.status().size
        let start = try file.bytes(at: 0, count: 8)
        let length = start.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard start.count == 8, length <= Self.maximumBytes, Int64(length) <= size - 8 else {
            throw Self.fault(shown, "is no safetensors file, or its header does not fit in it")
        }
        let bytes = try file.bytes(at: 8, count: Int(length))
        let members: [String: JSONValue]
        do throws(JSONError) {
            guard bytes.first == UInt8(ascii: "{"), let object = try JSONValue(strict: bytes).object else {
                throw JSONError(reason: "not an object", byteOffset: 0)
            }
            members = object
        } catch {
            throw Self.fault(
                shown, "has a header that is not strict JSON: \(error.reason) (byte \(error.byteOffset + 8))")
        }
        var parameters: Int64 = 0
        var ranges: [(start: Int64, end: Int64, name: String)] = []
        for (name, value) in members {
            if name == "__metadata__" {
                guard let texts = value.object, texts.values.allSatisfy({ $0.string != nil }) else {
                    throw Self.fault(shown, "has __metadata__ that is no map of texts")
                }
                continue
            }
            let tensor = try Self.tensor(value, name.excerptForOneLine, of: size - 8 - Int64(length), shown)
            ranges.append((tensor.start, tensor.end, name))
            parameters = parameters.clampedAdding(tensor.elements)
        }
        var offset: Int64 = 0
        for range in ranges.sorted(by: { ($0.start, $0.end) < ($1.start, $1.end) }) {
            guard range.start == offset else {
                throw Self.fault(shown, "has tensors that overlap or leave a hole at \(range.name.excerptForOneLine)")
            }
            offset = range.end
        }
        guard offset == size - 8 - Int64(length) else {
            throw Self.fault(shown, "has \(size) bytes, but its tensors end at \(offset + 8 + Int64(length))")
        }
        tensorCount = ranges.count
        self.parameters = parameters
    }

    private static func tensor(
        _ value: JSONValue, _ name: String, of dataBytes: Int64, _ shown: String
    ) throws(BundleError) -> (start: Int64, end: Int64, elements: Int64) {
        guard let type = value["dtype"]?.string, let shape = value["shape"]?.array,
            let offsets = value["data_offsets"]?.array?.compactMap(\.integer), offsets.count == 2,
            value["data_offsets"]?.array?.count == 2, offsets[0] >= 0, offsets[0] <= offsets[1]
        else { throw fault(shown, "has the tensor \(name) without type, shape or offsets") }
        guard offsets[1] <= dataBytes else {
            throw fault(shown, "has the tensor \(name) that reaches beyond the end of the file")
        }
        guard let bits = bits[type] else {
            throw BundleError(
                .unsupported,
                "\(shown) has the tensor \(name) of the type \(type.excerptForOneLine), which is not known",
                hint: "Use a newer version of baigo.")
        }
        var elements: Int64 = 1
        for extent in shape {
            guard let extent = extent.integer, extent >= 0 else {
                throw fault(shown, "has a malformed shape of \(name)")
            }
            let (product, overflow) = elements.multipliedReportingOverflow(by: extent)
            guard !overflow else { throw fault(shown, "has a shape of \(name) that is too large") }
            elements = product
        }
        let (total, overflow) = elements.multipliedReportingOverflow(by: bits)
        guard !overflow, total % 8 == 0, total / 8 == offsets[1] - offsets[0] else {
            throw fault(shown, "has the tensor \(name), whose size does not follow from its shape")
        }
        return (offsets[0], offsets[1], elements)
    }

    private static func fault(_ shown: String, _ reason: String) -> BundleError {
        BundleError(.modelHeader, "\(shown) \(reason)", hint: "Fetch the file again from its source.")
    }
}
