// SPDX-License-Identifier: Apache-2.0

internal import CLlama
internal import Glibc
internal import Synchronization

/// Takes what the engine logs: errors go to standard error, and the latest ones are kept for messages.
final class EngineLog: Sendable {
    private struct Tail {
        var text: [UInt8] = []
        var isError = false
    }

    private static let keptBytes = 4096
    private let tail = Mutex(Tail())

    /// Becomes the receiver of all engine logs, for as long as the process runs.
    init() {
        // The engine keeps the pointer: the extra retain is never given back.
        let receiver = Unmanaged.passRetained(self).toOpaque()
        llama_log_set(
            { level, text, receiver in
                guard let text, let receiver else { return }
                Unmanaged<EngineLog>.fromOpaque(receiver).takeUnretainedValue().take(level, text)
            }, receiver)
    }

    /// Forgets the errors that were kept.
    func forget() {
        tail.withLock { $0.text.removeAll() }
    }

    /// The errors since the last `forget`, one a line, without the names of functions in front.
    var errors: [String] {
        let text = tail.withLock { String(decoding: $0.text, as: UTF8.self) }
        return text.split(separator: "\n").map { line in
            guard let colon = line.firstIndex(of: ":"),
                line[..<colon].allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") })
            else { return String(line) }
            return String(line[line.index(after: colon)...].drop { $0 == " " })
        }
    }

    private func take(_ level: ggml_log_level, _ text: UnsafePointer<CChar>) {
        let isError = tail.withLock { tail in
            if level != GGML_LOG_LEVEL_CONT { tail.isError = level == GGML_LOG_LEVEL_ERROR }
            guard tail.isError else { return false }
            let bytes = UnsafeRawBufferPointer(start: text, count: strlen(text))
            tail.text.append(contentsOf: bytes.prefix(Self.keptBytes))
            if tail.text.count > Self.keptBytes { tail.text.removeFirst(tail.text.count - Self.keptBytes) }
            return true
        }
        if isError { _ = write(STDERR_FILENO, text, strlen(text)) }
    }
}
