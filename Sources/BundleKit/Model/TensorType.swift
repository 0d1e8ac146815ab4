// SPDX-License-Identifier: Apache-2.0

/// How the elements of a tensor are stored: elements to a block and bytes to a block.
///
/// Source: `enum ggml_type` and `type_traits` of ggml, as of llama.cpp 0.5.0.
package struct TensorType: Sendable, Hashable {
    /// The number in the file.
    package let number: UInt32
    /// The name as it appears in quantization names: `Q4_K`.
    package let name: String
    /// Elements of one block; a row holds whole blocks.
    package let elementsPerBlock: Int64
    /// Bytes of one block.
    package let bytesPerBlock: Int64

    /// The type with a number; `nil` for numbers that were never given out or whose type was removed.
    package init?(number: UInt32) {
        guard let known = Self.known[number] else { return nil }
        self = known
    }

    private init(_ number: UInt32, _ name: String, _ elementsPerBlock: Int64, _ bytesPerBlock: Int64) {
        self.number = number
        self.name = name
        self.elementsPerBlock = elementsPerBlock
        self.bytesPerBlock = bytesPerBlock
    }

    /// Whether the number belonged to a type that llama.cpp no longer reads.
    package static func isRemoved(_ number: UInt32) -> Bool {
        switch number {
        case 4, 5, 31, 32, 33, 36, 37, 38: true
        default: false
        }
    }

    private static let known: [UInt32: TensorType] = {
        let types = [
            TensorType(0, "F32", 1, 4), TensorType(1, "F16", 1, 2),
            TensorType(2, "Q4_0", 32, 18), TensorType(3, "Q4_1", 32, 20),
            TensorType(6, "Q5_0", 32, 22), TensorType(7, "Q5_1", 32, 24),
            TensorType(8, "Q8_0", 32, 34), TensorType(9, "Q8_1", 32, 36),
            TensorType(10, "Q2_K", 256, 84), TensorType(11, "Q3_K", 256, 110),
            TensorType(12, "Q4_K", 256, 144), TensorType(13, "Q5_K", 256, 176),
            TensorType(14, "Q6_K", 256, 210), TensorType(15, "Q8_K", 256, 292),
            TensorType(16, "IQ2_XXS", 256, 66), TensorType(17, "IQ2_XS", 256, 74),
            TensorType(18, "IQ3_XXS", 256, 98), TensorType(19, "IQ1_S", 256, 50),
            TensorType(20, "IQ4_NL", 32, 18), TensorType(21, "IQ3_S", 256, 110),
            TensorType(22, "IQ2_S", 256, 82), TensorType(23, "IQ4_XS", 256, 136),
            TensorType(24, "I8", 1, 1), TensorType(25, "I16", 1, 2),
            TensorType(26, "I32", 1, 4), TensorType(27, "I64", 1, 8),
            TensorType(28, "F64", 1, 8), TensorType(29, "IQ1_M", 256, 56),
            TensorType(30, "BF16", 1, 2), TensorType(34, "TQ1_0", 256, 54),
            TensorType(35, "TQ2_0", 256, 66), TensorType(39, "MXFP4", 32, 17),
            TensorType(40, "NVFP4", 64, 36), TensorType(41, "Q1_0", 128, 18),
            TensorType(42, "Q2_0", 64, 18),
        ]
        return Dictionary(uniqueKeysWithValues: types.map { ($0.number, $0) })
    }()
}

/// Names of the mixes that `general.file_type` counts.
///
/// Source: `enum llama_ftype` of llama.cpp 0.5.0.
package enum QuantizationName {
    /// The name of a file type: `Q4_K_M`, `F32`; `nil` for numbers without a meaning today.
    package static func of(fileType: Int64) -> String? { names[fileType] }

    private static let names: [Int64: String] = [
        0: "F32", 1: "F16", 2: "Q4_0", 3: "Q4_1", 7: "Q8_0", 8: "Q5_0", 9: "Q5_1", 10: "Q2_K", 11: "Q3_K_S",
        12: "Q3_K_M", 13: "Q3_K_L", 14: "Q4_K_S", 15: "Q4_K_M", 16: "Q5_K_S", 17: "Q5_K_M", 18: "Q6_K",
        19: "IQ2_XXS", 20: "IQ2_XS", 21: "Q2_K_S", 22: "IQ3_XS", 23: "IQ3_XXS", 24: "IQ1_S", 25: "IQ4_NL",
        26: "IQ3_S", 27: "IQ3_M", 28: "IQ2_S", 29: "IQ2_M", 30: "IQ4_XS", 31: "IQ1_M", 32: "BF16", 36: "TQ1_0",
        37: "TQ2_0", 38: "MXFP4_MOE", 39: "NVFP4", 40: "Q1_0", 41: "Q2_0",
    ]
}
