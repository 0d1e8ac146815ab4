// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import EngineWire

/// A line of a batch: what is asked, and what it changes of the command's options.
struct BatchRequest {
    /// Bytes of an `id` at the most.
    private static let maximumIDBytes = 1024
    /// Stop texts at the most: each is looked for after every token.
    private static let maximumStops = 64

    /// What the requester calls it.
    let id: JSONValue
    let request: GenerateRequest

    /// Reads a line.
    ///
    /// - Parameters:
    ///   - line: A JSON object with `prompt` or `messages`, and optionally `id`, `system`, `maxTokens`, `temperature`,
    ///     `topP`, `topK`, `minP`, `seed`, `stop`, `schema`, `grammar`.
    ///   - base: The request that the options of the command make.
    ///   - usesTemplate: Whether a prompt is a turn of a conversation.
    /// - Throws: `CLIError`, code `badRequest`, for a line that is no such object.
    init(_ line: BatchInput.Line, base: GenerateRequest, usesTemplate: Bool) throws(CLIError) {
        guard case .bytes(let bytes) = line else {
            throw Self.malformed("it has more than \(ByteCount(BatchInput.maximumBytes))")
        }
        let value: JSONValue
        do {
            value = try JSONValue(strict: bytes)
        } catch {
            throw Self.malformed("it is not JSON: \(error.reason)")
        }
        guard case .object(let members) = value else { throw Self.malformed("it is no object") }
        id = try Self.id(members["id"] ?? .null)
        var request = base
        var system: String?
        for (key, member) in members.sorted(by: { $0.key < $1.key }) {
            switch key {
            case "id", "prompt", "messages": break
            case "system": system = try Self.text(member, key)
            case "maxTokens": request.sampling.maxTokens = try Self.integer(member, key)
            case "temperature": request.sampling.temperature = try Self.number(member, key)
            case "topP": request.sampling.topP = try Self.number(member, key)
            case "topK": request.sampling.topK = try Self.integer(member, key)
            case "minP": request.sampling.minP = try Self.number(member, key)
            case "seed":
                guard let seed = UInt32(exactly: try Self.integer(member, key)) else { throw Self.wrong(key) }
                request.sampling.seed = seed
            case "stop": request.stop = try Self.stops(member, key)
            case "schema":
                let text = member.string ?? String(decoding: member.compactBytes, as: UTF8.self)
                request.form = .schema(try Self.filled(text, key))
            case "grammar": request.form = .grammar(try Self.filled(try Self.text(member, key), key))
            default: throw Self.malformed("“\(key.escapedForOneLine)” is no key of a request")
            }
        }
        if members["schema"] != nil, members["grammar"] != nil {
            throw Self.malformed("“schema” and “grammar” exclude each other")
        }
        request.prompt = try Self.prompt(members, system: system, usesTemplate: usesTemplate)
        self.request = request
    }

    /// What makes this request different from others.
    ///
    /// - Throws: `CLIError`, code `badRequest`, when it cannot be written out.
    func canonicalBytes() throws(CLIError) -> [UInt8] {
        do throws(FrameError) {
            return try request.canonicalBytes + id.compactBytes
        } catch {
            throw Self.malformed("a number in it is not finite")
        }
    }

    private static func prompt(
        _ members: [String: JSONValue], system: String?, usesTemplate: Bool
    ) throws(CLIError) -> Prompt {
        let first = system.map { [ChatMessage(role: .system, content: $0)] } ?? []
        switch (members["prompt"], members["messages"]) {
        case (let prompt?, nil):
            let text = try text(prompt, "prompt")
            guard !text.isEmpty else { throw malformed("“prompt” is empty") }
            guard usesTemplate else {
                guard system == nil else { throw malformed("“system” needs a chat template") }
                return .raw(text: text)
            }
            return .chat(messages: first + [ChatMessage(role: .user, content: text)])
        case (nil, .array(let turns)?):
            guard usesTemplate else { throw malformed("“messages” needs a chat template") }
            var messages = first
            for turn in turns {
                guard let role = turn["role"]?.string.flatMap(ChatMessage.Role.init(rawValue:)),
                    let content = turn["content"]?.string, turn.object?.count == 2
                else { throw wrong("messages") }
                messages.append(ChatMessage(role: role, content: content))
            }
            return .chat(messages: messages)
        default: throw malformed("it needs either “prompt” or “messages”")
        }
    }

    private static func id(_ value: JSONValue) throws(CLIError) -> JSONValue {
        switch value {
        case .null, .integer: return value
        case .string(let text) where text.utf8.count <= maximumIDBytes: return value
        case .bool, .decimal, .string, .array, .object:
            throw malformed("“id” is not a text of at most \(maximumIDBytes) bytes or a whole number")
        }
    }

    private static func stops(_ value: JSONValue, _ key: String) throws(CLIError) -> [String] {
        guard case .array(let values) = value, values.count <= maximumStops else { throw wrong(key) }
        var texts: [String] = []
        for value in values { texts.append(try text(value, key)) }
        return texts
    }

    private static func text(_ value: JSONValue, _ key: String) throws(CLIError) -> String {
        guard let text = value.string else { throw wrong(key) }
        return text
    }

    /// A text in which something stands: the engine takes an empty form for none.
    private static func filled(_ text: String, _ key: String) throws(CLIError) -> String {
        guard !text.allSatisfy(\.isWhitespace) else { throw malformed("“\(key)” is empty") }
        return text
    }

    private static func integer(_ value: JSONValue, _ key: String) throws(CLIError) -> Int {
        guard let number = value.integer else { throw wrong(key) }
        return Int(number)
    }

    private static func number(_ value: JSONValue, _ key: String) throws(CLIError) -> Double {
        if let whole = value.integer { return Double(whole) }
        guard case .decimal(let text) = value, let number = Double(text), number.isFinite else { throw wrong(key) }
        return number
    }

    private static func wrong(_ key: String) -> CLIError { malformed("“\(key)” has a value of another kind") }

    private static func malformed(_ reason: String) -> CLIError {
        CLIError(.badRequest, "the line is no request: \(reason)", hint: "See docs/cli.md for the keys of a request.")
    }
}
