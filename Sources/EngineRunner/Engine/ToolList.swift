// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import EngineWire

/// Tools that a model may call, as a person gave them.
struct ToolList {
    private static let maximumBytes = 1 << 20
    private static let maximumTools = 128
    private static let maximumNameBytes = 64

    /// What a tool takes.
    struct Tool {
        let name: String
        /// A JSON Schema.
        let schema: String
    }

    let tools: [Tool]

    /// Reads an array in the form of OpenAI's API.
    ///
    /// - Throws: `EngineError`, code `invalidRequest`.
    init(_ text: String) throws(EngineError) {
        guard text.utf8.count <= Self.maximumBytes else { throw Self.refusal("they have more than 1 MiB") }
        let value: JSONValue
        do {
            value = try JSONValue(strict: Array(text.utf8))
        } catch {
            throw Self.refusal("they are not JSON: \(error.reason)")
        }
        guard case .array(let entries) = value, !entries.isEmpty, entries.count <= Self.maximumTools else {
            throw Self.refusal("they are no array of 1 to \(Self.maximumTools) tools")
        }
        var tools: [Tool] = []
        for (index, entry) in entries.enumerated() {
            tools.append(try Self.tool(entry, number: index + 1))
        }
        guard Set(tools.map(\.name)).count == tools.count else { throw Self.refusal("two of them have one name") }
        self.tools = tools
    }

    private static func tool(_ entry: JSONValue, number: Int) throws(EngineError) -> Tool {
        guard entry["type"]?.string == "function", let function = entry["function"], function.object != nil else {
            throw refusal("tool \(number) is no object with type “function” and a function")
        }
        guard let name = function["name"]?.string, (1...maximumNameBytes).contains(name.utf8.count),
            name.utf8.allSatisfy({ $0.isNameByte })
        else { throw refusal("tool \(number) has no name of up to 64 letters, digits, “_” and “-”") }
        if let description = function["description"], description.string == nil {
            throw refusal("the description of \(name) is no text")
        }
        let schema = function["parameters"] ?? .object([:])
        guard schema.object != nil else { throw refusal("the parameters of \(name) are no JSON Schema") }
        return Tool(name: name, schema: String(decoding: schema.compactBytes, as: UTF8.self))
    }

    /// Says that tools cannot be used.
    static func refusal(_ reason: String) -> EngineError {
        EngineError(
            .invalidRequest, "the tools cannot be used: \(reason)",
            hint: "They are a JSON array in the form of OpenAI's API: type, function, name, description, parameters.")
    }
}

extension UInt8 {
    fileprivate var isNameByte: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}
