// SPDX-License-Identifier: Apache-2.0

/// The tensors of a GGUF file, in total.
package struct GGUFTensorSummary: Sendable, Equatable {
    /// Number of tensors.
    package fileprivate(set) var count = 0
    /// Elements of all tensors: the number of parameters.
    package fileprivate(set) var elements: Int64 = 0
    /// Elements by the type they are stored in.
    package fileprivate(set) var elementsByType: [TensorType: Int64] = [:]

    /// The type that most elements are stored in; of equals the one with the lowest number.
    package var mainType: TensorType? {
        elementsByType.max { ($0.value, $1.key.number) < ($1.value, $0.key.number) }?.key
    }
}

/// Reads the list of tensors of a GGUF header.
struct GGUFTensorReader {
    private(set) var summary = GGUFTensorSummary()
    /// Bytes of the data of all tensors, each padded to the alignment.
    private(set) var paddedByteCount: Int64 = 0
    private var lastPadding: Int64 = 0
    private let alignment: Int64
    private var names: Set<String> = []

    init(alignment: Int64) {
        self.alignment = alignment
    }

    /// Reads `count` tensors; each must lie directly behind the one before it.
    mutating func read(_ count: Int, from scanner: inout GGUFScanner) throws {
        for index in 0..<count {
            let start = scanner.offset
            let name = try readName(index, from: &scanner)
            let field = "tensor \(name)"
            guard names.insert(name).inserted else {
                throw scanner.failure(.duplicateTensor, "the tensor appears twice", in: field, at: start)
            }
            let shape = try readShape(field, from: &scanner)
            let type = try readType(field, from: &scanner)
            let elements = try Self.elements(of: shape, field, scanner)
            guard (shape.first ?? 1) % type.elementsPerBlock == 0 else {
                throw scanner.failure(
                    .blockSize, "rows of \(shape.first ?? 1) elements are no whole blocks of \(type.name)", in: field)
            }
            try readPlace(of: elements, type, field, from: &scanner)
            summary.count += 1
            summary.elementsByType[type, default: 0] += elements
            let (total, overflow) = summary.elements.addingReportingOverflow(elements)
            guard !overflow else {
                throw scanner.failure(.dimensionOverflow, "more elements than can be counted", in: field)
            }
            summary.elements = total
        }
        names = []
    }

    private func readName(_ index: Int, from scanner: inout GGUFScanner) throws -> String {
        let field = "name of tensor \(index + 1)"
        let start = scanner.offset
        let length = try scanner.stringLength(upTo: GGUFHeader.Limit.tensorNameBytes, field)
        let bytes = try scanner.bytes(Int(length), field)
        guard !bytes.isEmpty, !bytes.contains(0), let name = String(validating: bytes, as: UTF8.self) else {
            throw scanner.failure(.tensorName, "a name that is empty or not text", in: field, at: start)
        }
        return name
    }

    private func readShape(_ field: String, from scanner: inout GGUFScanner) throws -> [Int64] {
        let start = scanner.offset
        let count = try scanner.integer(UInt32.self, field)
        guard count <= GGUFHeader.Limit.dimensions else {
            throw scanner.failure(.dimensions, "\(count) dimensions; 4 is the limit", in: field, at: start)
        }
        var shape: [Int64] = []
        for _ in 0..<count {
            let start = scanner.offset
            let extent = try scanner.integer(Int64.self, field)
            guard extent >= 0 else { throw scanner.failure(.dimensions, "a negative dimension", in: field, at: start) }
            shape.append(extent)
        }
        return shape
    }

    private func readType(_ field: String, from scanner: inout GGUFScanner) throws -> TensorType {
        let start = scanner.offset
        let number = try scanner.integer(UInt32.self, field)
        guard let type = TensorType(number: number) else {
            let reason = TensorType.isRemoved(number) ? "was removed from llama.cpp" : "does not exist"
            throw scanner.failure(.tensorType, "tensor type \(number) \(reason)", in: field, at: start)
        }
        return type
    }

    private static func elements(
        of shape: [Int64], _ field: String, _ scanner: borrowing GGUFScanner
    ) throws(BundleError) -> Int64 {
        var elements: Int64 = 1
        for extent in shape {
            let (product, overflow) = elements.multipliedReportingOverflow(by: max(1, extent))
            guard !overflow else {
                throw scanner.failure(.dimensionOverflow, "dimensions whose product is too large", in: field)
            }
            elements = product
        }
        return shape.contains(0) ? 0 : elements
    }

    private mutating func readPlace(
        of elements: Int64, _ type: TensorType, _ field: String, from scanner: inout GGUFScanner
    ) throws {
        let start = scanner.offset
        let place = try scanner.integer(UInt64.self, field)
        guard place == UInt64(paddedByteCount) else {
            throw scanner.failure(.tensorOffset, "data at \(place) instead of \(paddedByteCount)", in: field, at: start)
        }
        let (bytes, overflow) = (elements / type.elementsPerBlock).multipliedReportingOverflow(by: type.bytesPerBlock)
        guard !overflow, bytes <= scanner.fileSize - paddedByteCount else {
            throw scanner.failure(.tensorSize, "its data does not fit in the file", in: field, at: start)
        }
        lastPadding = bytes.roundedUp(to: alignment) - bytes
        paddedByteCount += bytes + lastPadding
    }

    /// Decides whether the data of all tensors is in the file.
    func checkData(from dataOffset: Int64, _ scanner: borrowing GGUFScanner) throws(BundleError) {
        guard summary.count > 0 else { return }
        let needed = dataOffset + paddedByteCount - lastPadding
        guard needed <= scanner.fileSize else {
            throw scanner.failure(
                .missingData, "tensor data is missing: the file has \(scanner.fileSize) of \(needed) bytes",
                in: "tensor data",
                at: scanner.fileSize)
        }
    }
}
