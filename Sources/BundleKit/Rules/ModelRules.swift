// SPDX-License-Identifier: Apache-2.0

/// The rules for the header of a GGUF file.
///
/// Source: GGUF specification (ggml/docs/gguf.md), with the stricter rules of `gguf.cpp` in llama.cpp 0.5.0.
package enum ModelHeaderRule: String, BundleRule {
    package static let code = BundleError.Code.modelHeader

    /// The header is whole.
    case truncated
    /// The header has at most 256 MiB.
    case headerSize = "header-size"
    /// At most 8192 keys and 65,536 tensors.
    case count

    // Metadata
    /// Keys are printable ASCII.
    case key
    /// No key twice.
    case duplicateKey = "duplicate-key"
    /// Values are of types that exist.
    case valueType = "value-type"
    /// Booleans are 0 or 1.
    case boolean
    /// Strings keep to their limits.
    case stringLength = "string-length"
    /// Arrays keep to their limits.
    case arrayLength = "array-length"
    /// No arrays of arrays.
    case nestedArray = "nested-array"
    /// The alignment is a `uint32` and a power of two from 8 up.
    case alignment

    // Tensors
    /// Names of tensors are text.
    case tensorName = "tensor-name"
    /// No tensor twice.
    case duplicateTensor = "duplicate-tensor"
    /// At most four dimensions, none negative.
    case dimensions
    /// Elements can be counted in 63 bits.
    case dimensionOverflow = "dimension-overflow"
    /// Tensors are of types that exist.
    case tensorType = "tensor-type"
    /// Rows are whole blocks of the type.
    case blockSize = "block-size"
    /// Each tensor's data lies directly behind the one before it.
    case tensorOffset = "tensor-offset"
    /// Each tensor's data fits in the file.
    case tensorSize = "tensor-size"
    /// All tensor data is there.
    case missingData = "missing-data"

    // The model
    /// Shards belong together.
    case shards
    /// A model names its architecture.
    case architecture
}
