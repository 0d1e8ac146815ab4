// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import Glibc
package import SystemPackage

/// Which standard streams are terminals, and how a person is asked.
package struct Terminal: Sendable {
    package let inputIsTerminal: Bool
    package let outputIsTerminal: Bool
    package let errorIsTerminal: Bool
    /// Opened for questions when standard input is busy with a package; `nil` where nobody can be asked.
    package let controllingTerminal: FilePath?

    /// The terminal of this process.
    package static func ofProcess() -> Terminal {
        let controlling = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)
        if controlling >= 0 { close(controlling) }
        return Terminal(
            inputIsTerminal: isatty(0) == 1, outputIsTerminal: isatty(1) == 1, errorIsTerminal: isatty(2) == 1,
            controllingTerminal: controlling >= 0 ? "/dev/tty" : nil)
    }

    /// Whether a standard stream is a terminal that was closed since.
    ///
    /// Source: Linux, drivers/tty/tty_io.c: what is asked of such a terminal ends with `EIO`.
    var isHungUp: Bool {
        [(STDIN_FILENO, inputIsTerminal), (STDOUT_FILENO, outputIsTerminal), (STDERR_FILENO, errorIsTerminal)].contains
        { stream, isTerminal in
            var settings = termios()
            return isTerminal && tcgetattr(stream, &settings) != 0 && errno == EIO
        }
    }

    /// No terminal at all.
    package static let none = Terminal(
        inputIsTerminal: false, outputIsTerminal: false, errorIsTerminal: false, controllingTerminal: nil)

    /// Asks a question that is answered with yes or no.
    ///
    /// - Parameters:
    ///   - question: One line without the mark.
    ///   - usingInput: Whether standard input is free for the answer; else the controlling terminal is asked.
    ///   - remedy: The option that makes the question unnecessary: `--yes`.
    /// - Returns: Whether the answer was yes.
    /// - Throws: `CLIError`, code `confirmationNeeded`, where nobody can be asked; `FileError`.
    func confirm(_ question: String, usingInput: Bool, remedy: String) throws -> Bool {
        let input: OwnedDescriptor
        let output: OwnedDescriptor
        if usingInput, inputIsTerminal, errorIsTerminal {
            input = try OwnedDescriptor.duplicating(0, path: "standard input")
            output = try OwnedDescriptor.duplicating(2, path: "standard error")
        } else if !usingInput, let controllingTerminal {
            let raw = controllingTerminal.withPlatformString { open($0, O_RDWR | O_CLOEXEC | O_NOCTTY) }
            guard raw >= 0 else { throw CLIError.confirmationNeeded(question, remedy: remedy) }
            input = OwnedDescriptor(owning: raw, path: controllingTerminal.string)
            output = input
        } else {
            throw CLIError.confirmationNeeded(question, remedy: remedy)
        }
        try Array("\(question) [y/N] ".utf8).withUnsafeBytes { try output.writeStream($0) }
        var answer: [UInt8] = []
        while answer.count < 100, let byte = try nextByte(of: input), byte != 0x0A { answer.append(byte) }
        return ["y", "yes"].contains(
            String(decoding: answer, as: UTF8.self).lowercased().filter { $0 != "\r" && $0 != " " })
    }

    private func nextByte(of input: OwnedDescriptor) throws -> UInt8? {
        var byte: UInt8 = 0
        return try withUnsafeMutableBytes(of: &byte) { try input.readStream(into: $0) } == 1 ? byte : nil
    }
}
