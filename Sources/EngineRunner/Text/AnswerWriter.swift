// SPDX-License-Identifier: Apache-2.0

internal import EngineWire

/// Takes the bytes of tokens and emits the text of the answer: whole characters, up to a stop text.
struct AnswerWriter {
    private var assembler = UTF8Assembler()
    private var matcher: StopMatcher
    private var reader: AnswerReader
    private var pacer: TextPacer

    /// Makes a writer.
    init(stops: [String], reader: AnswerReader, pacer: TextPacer) {
        matcher = StopMatcher(stops: stops)
        self.reader = reader
        self.pacer = pacer
    }

    /// Whether a stop text was found.
    var isStopped: Bool { matcher.isStopped }

    /// The tools that the answer calls, known once it is finished.
    var calls: [ToolCall] { reader.calls }

    /// Takes the bytes of one token.
    mutating func write(_ bytes: [UInt8]) {
        pass(matcher.append(assembler.append(bytes)))
    }

    /// Emits what was held back.
    mutating func finish() {
        if !isStopped { pass(matcher.append(assembler.finish()) + matcher.finish()) }
        pacer.append(reader.finish())
        pacer.finish()
    }

    private mutating func pass(_ text: String) {
        pacer.append(reader.append(text))
    }
}
