// SPDX-License-Identifier: Apache-2.0

internal import EngineWire

/// What was said so far.
struct Conversation {
    /// What a line of a chat asks for.
    enum Turn: Equatable {
        case nothing, exit, clear
        case system(String)
        case say(String)
        case unknown(String)

        init(_ line: String) {
            let blank: (Character) -> Bool = { $0 == " " || $0 == "\t" }
            let text = line.drop(while: blank)
            guard text.hasPrefix("/") else {
                self = text.isEmpty ? .nothing : .say(line)
                return
            }
            let command = text.prefix { !blank($0) }
            let rest = text.dropFirst(command.count).drop(while: blank)
            switch command {
            case "/exit", "/quit", "/bye": self = .exit
            case "/clear": self = .clear
            case "/system": self = .system(String(rest))
            default: self = .unknown(String(command))
            }
        }
    }

    private var system: String?
    private var said: [ChatMessage] = []

    init(system: String?) {
        self.system = system
    }

    /// The messages that a model is given for the next turn.
    func messages(asking text: String) -> [ChatMessage] {
        (system.map { [ChatMessage(role: .system, content: $0)] } ?? []) + said
            + [ChatMessage(role: .user, content: text)]
    }

    /// Remembers a turn.
    mutating func add(question: String, answer: String) {
        said.append(ChatMessage(role: .user, content: question))
        said.append(ChatMessage(role: .assistant, content: answer))
    }

    /// Forgets what was said; the instructions stay.
    mutating func clear() { said = [] }

    /// Sets the instructions; an empty text takes them away.
    mutating func instruct(_ text: String) { system = text.isEmpty ? nil : text }
}
