// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore

/// What `config.json` of a model's folder says, as Transformers writes it.
struct ModelConfiguration {
    /// Bytes that are read at the most.
    static let maximumBytes = 1 << 20

    /// All members as they were read.
    let json: [String: JSONValue]

    /// Reads the file.
    ///
    /// - Throws: `JSONError` for anything but one strict JSON object that can be nested in another.
    init(reading bytes: [UInt8]) throws(JSONError) {
        let nested: JSONValue
        do throws(JSONError) {
            nested = try JSONValue(strict: Array("[".utf8) + bytes + Array("]".utf8))
        } catch {
            throw JSONError(reason: error.reason, byteOffset: error.byteOffset - 1)
        }
        guard let members = nested.array?.first?.object, nested.array?.count == 1 else {
            throw JSONError(reason: "not an object", byteOffset: 0)
        }
        json = members
    }

    /// The architecture: `qwen2`.
    var architecture: String? { json["model_type"]?.string ?? json["architectures"]?.array?.first?.string }

    /// Tokens of context; models for images and text have it one level down.
    var contextLength: Int64? {
        let length = json["max_position_embeddings"] ?? json["text_config"]?["max_position_embeddings"]
        return length?.integer.flatMap { $0 > 0 ? $0 : nil }
    }
}
