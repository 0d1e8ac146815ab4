// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore

/// The content of `metadata.json`: what the source said of itself, whole where it is short.
///
/// `docs/model-files.md` describes the shape.
struct ModelMetadata {
    /// Bytes of the file at the most.
    static let maximumBytes = 1 << 20
    /// Bytes of one text at the most; longer ones are counted.
    private static let maximumTextBytes = 64 << 10

    /// Metadata of GGUF files by their entry names.
    var headers: [(path: String, header: GGUFHeader)] = []
    var configuration: ModelConfiguration?
    var card: ModelCard?

    /// The bytes; `nil` where the source said nothing.
    ///
    /// Above the limit first the configuration and then everything but the keys under `general.` is left out.
    var bytes: [UInt8]? {
        for (withConfiguration, isGeneral) in [(true, false), (false, false), (false, true)] {
            let json = self.json(withConfiguration: withConfiguration, onlyGeneral: isGeneral)
            guard json.count > 1 else { return nil }
            let bytes = JSONValue.object(json).prettyBytes
            if bytes.count <= Self.maximumBytes { return bytes }
        }
        return nil
    }

    private func json(withConfiguration: Bool, onlyGeneral: Bool) -> [String: JSONValue] {
        var json: [String: JSONValue] = ["schemaVersion": 1]
        if let configuration, withConfiguration { json["config"] = .object(configuration.json) }
        if let card, !card.json.isEmpty { json["card"] = .object(card.json) }
        if !headers.isEmpty {
            let members = headers.map { path, header in
                let kept = header.metadata.filter { !onlyGeneral || $0.key.hasPrefix("general.") }
                return (path, JSONValue.object(kept.mapValues(Self.json)))
            }
            json["gguf"] = .object(Dictionary(members) { first, _ in first })
        }
        return json
    }

    private static func json(_ value: GGUFValue) -> JSONValue {
        switch value {
        case .unsigned(let number): Int64(exactly: number).map { .integer($0) } ?? .string(String(number))
        case .signed(let number): .integer(number)
        case .float32(let number): number.isFinite ? .decimal(number.description) : .string(number.description)
        case .float64(let number): number.isFinite ? .decimal(number.description) : .string(number.description)
        case .bool(let truth): .bool(truth)
        case .string(let text): text.utf8.count <= maximumTextBytes ? .string(text) : omitted("string", text.utf8.count)
        case .longString(let byteCount): omitted("string", byteCount)
        case .array(let elements): .array(elements.map(json))
        case .longArray(let type, let count): ["omitted": "array", "of": .string(type.name), "count": .integer(count)]
        }
    }

    private static func omitted(_ what: String, _ byteCount: some BinaryInteger) -> JSONValue {
        ["omitted": .string(what), "bytes": .integer(Int64(byteCount))]
    }
}
