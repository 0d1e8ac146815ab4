// SPDX-License-Identifier: Apache-2.0

/// Little-endian bytes of GGUF fields, put together one by one.
package struct GGUFBytes: Sendable {
    package private(set) var bytes: [UInt8] = []

    /// Starts with no bytes.
    package init() {}

    /// Adds an integer.
    package mutating func add(_ number: some FixedWidthInteger) {
        withUnsafeBytes(of: number.littleEndian) { bytes += $0 }
    }

    /// Adds bytes as they are.
    package mutating func add(raw: [UInt8]) { bytes += raw }

    /// Adds a string: its length, then its bytes.
    package mutating func add(string: [UInt8]) {
        add(UInt64(string.count))
        bytes += string
    }

    /// Adds zeros up to a multiple of `alignment`.
    package mutating func pad(to alignment: Int) {
        while !bytes.count.isMultiple(of: alignment) { bytes.append(0) }
    }
}

/// A metadata value for a GGUF file of a test: its type's number and its bytes.
package struct GGUFTestValue: Sendable {
    package let type: UInt32
    package let bytes: [UInt8]

    /// A value of any type, right or wrong.
    package init(type: UInt32, bytes: [UInt8]) {
        self.type = type
        self.bytes = bytes
    }

    private init(type: UInt32, _ write: (inout GGUFBytes) -> Void) {
        var out = GGUFBytes()
        write(&out)
        self.init(type: type, bytes: out.bytes)
    }

    package static func uint8(_ number: UInt8) -> Self { Self(type: 0) { $0.add(number) } }
    package static func int8(_ number: Int8) -> Self { Self(type: 1) { $0.add(number) } }
    package static func uint16(_ number: UInt16) -> Self { Self(type: 2) { $0.add(number) } }
    package static func int16(_ number: Int16) -> Self { Self(type: 3) { $0.add(number) } }
    package static func uint32(_ number: UInt32) -> Self { Self(type: 4) { $0.add(number) } }
    package static func int32(_ number: Int32) -> Self { Self(type: 5) { $0.add(number) } }
    package static func float32(_ number: Float) -> Self { Self(type: 6) { $0.add(number.bitPattern) } }
    package static func bool(_ truth: Bool) -> Self { Self(type: 7) { $0.add(UInt8(truth ? 1 : 0)) } }
    package static func string(_ text: String) -> Self { Self(type: 8) { $0.add(string: Array(text.utf8)) } }
    package static func uint64(_ number: UInt64) -> Self { Self(type: 10) { $0.add(number) } }
    package static func int64(_ number: Int64) -> Self { Self(type: 11) { $0.add(number) } }
    package static func float64(_ number: Double) -> Self { Self(type: 12) { $0.add(number.bitPattern) } }

    /// An array of values that are all of one type.
    package static func array(of type: UInt32, _ elements: [GGUFTestValue]) -> Self {
        array(of: type, announcing: UInt64(elements.count), elements)
    }

    /// An array whose announced count may differ from what follows.
    package static func array(of type: UInt32, announcing count: UInt64, _ elements: [GGUFTestValue]) -> Self {
        Self(type: 9) { out in
            out.add(type)
            out.add(count)
            for element in elements { out.add(raw: element.bytes) }
        }
    }

    /// An array of strings.
    package static func strings(_ texts: [String]) -> Self { array(of: 8, texts.map { .string($0) }) }
}

/// A tensor of a GGUF file of a test.
package struct GGUFTestTensor: Sendable {
    package var name: [UInt8]
    package var shape: [Int64]
    package var type: UInt32
    /// Bytes of its data.
    package var byteCount: Int
    /// The place that the header gives; `nil` for the right one.
    package var offset: UInt64?
    /// Its data; `nil` for bytes counted from 0 up.
    package var data: [UInt8]?
    /// The number of dimensions that the header gives; `nil` for the right one.
    package var dimensions: UInt32?

    /// Makes a tensor; of type F32, its size follows from its shape.
    package init(_ name: String, _ shape: [Int64], type: UInt32 = 0, byteCount: Int? = nil) {
        self.name = Array(name.utf8)
        self.shape = shape
        self.type = type
        self.byteCount = byteCount ?? Int(shape.reduce(1, *)) * 4
    }

    /// Makes a tensor of type F32 with values.
    package init(_ name: String, _ shape: [Int64], values: (Int) -> Float) {
        self.init(name, shape)
        var out = GGUFBytes()
        for index in 0..<(byteCount / 4) { out.add(values(index).bitPattern) }
        data = out.bytes
    }
}

/// Puts GGUF files together for tests, right ones and wrong ones.
package struct GGUFBuilder: Sendable {
    package var magic: [UInt8] = Array("GGUF".utf8)
    package var version: UInt32 = 3
    package var metadata: [(key: String, value: GGUFTestValue)] = []
    package var tensors: [GGUFTestTensor] = []
    package var alignment = 32
    /// Counts that the header gives; `nil` for the right ones.
    package var tensorCount: UInt64?
    package var keyCount: UInt64?

    /// Starts with neither keys nor tensors.
    package init() {}

    /// Starts with keys and tensors.
    package init(_ metadata: [(key: String, value: GGUFTestValue)], tensors: [GGUFTestTensor] = []) {
        self.metadata = metadata
        self.tensors = tensors
    }

    /// A small whole text model: architecture `llama`, two tensors with 96 parameters.
    package static var textModel: GGUFBuilder {
        GGUFBuilder(
            [
                ("general.architecture", .string("llama")), ("general.type", .string("model")),
                ("general.name", .string("Tiny Llama")), ("general.license", .string("apache-2.0")),
                ("general.file_type", .uint32(0)), ("llama.context_length", .uint32(512)),
                ("tokenizer.ggml.tokens", .strings((0..<100).map { "t\($0)" })),
                ("general.tags", .strings(["test"])),
            ], tensors: [GGUFTestTensor("token_embd.weight", [8, 8]), GGUFTestTensor("output.weight", [8, 4])])
    }

    /// The same with a key set, in its place or at the end.
    package func setting(_ key: String, _ value: GGUFTestValue?) -> GGUFBuilder {
        var changed = self
        let index = metadata.firstIndex { $0.key == key }
        switch (index, value) {
        case (let index?, let value?): changed.metadata[index].value = value
        case (let index?, nil): changed.metadata.remove(at: index)
        case (nil, let value?): changed.metadata.append((key, value))
        case (nil, nil): break
        }
        return changed
    }

    /// Everything before the tensor data, padding not included.
    package var header: [UInt8] {
        var out = GGUFBytes()
        out.add(raw: magic)
        out.add(version)
        out.add(tensorCount ?? UInt64(tensors.count))
        out.add(keyCount ?? UInt64(metadata.count))
        for (key, value) in metadata {
            out.add(string: Array(key.utf8))
            out.add(value.type)
            out.add(raw: value.bytes)
        }
        var place: UInt64 = 0
        for tensor in tensors {
            out.add(string: tensor.name)
            out.add(tensor.dimensions ?? UInt32(tensor.shape.count))
            for extent in tensor.shape { out.add(extent) }
            out.add(tensor.type)
            out.add(tensor.offset ?? place)
            place += UInt64((tensor.byteCount + alignment - 1) / alignment * alignment)
        }
        return out.bytes
    }

    /// The whole file; tensor data is a count of bytes from 0 up.
    package var file: [UInt8] {
        var out = GGUFBytes()
        out.add(raw: header)
        for tensor in tensors {
            out.pad(to: alignment)
            out.add(raw: tensor.data ?? (0..<tensor.byteCount).map { UInt8(truncatingIfNeeded: $0) })
        }
        out.pad(to: alignment)
        return out.bytes
    }
}
