// SPDX-License-Identifier: Apache-2.0

import BaigoCLI
import BaigoCore
import Synchronization
import SystemPackage

/// Collects what a command prints.
final class CapturedOutput: OutputTarget {
    private let bytes = Mutex<[UInt8]>([])

    func write(_ new: [UInt8]) throws(FileError) {
        bytes.withLock { $0 += new }
    }

    var text: String { bytes.withLock { String(decoding: $0, as: UTF8.self) } }
}

/// One command line, run inside the test process on a home of its own.
struct Invocation {
    let status: ExitStatus
    let output: String
    let errorOutput: String

    init(_ arguments: String..., environment: [String: String]) async {
        let output = CapturedOutput()
        let errorOutput = CapturedOutput()
        let context = CommandContext(
            environment: environment, executable: "/nowhere/baigo", output: output, errorOutput: errorOutput,
            terminal: .none, interrupts: Interrupts())
        status = await Tool.run(arguments, in: context)
        self.output = output.text
        self.errorOutput = errorOutput.text
    }
}
