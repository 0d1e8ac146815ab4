// SPDX-License-Identifier: Apache-2.0

import BaigoCore

/// Runs one input; anything but a refusal by a rule is a finding.
///
/// - Returns: 0, as the fuzzer asks for.
func run(_ bytes: UnsafePointer<UInt8>, _ count: Int, _ body: ([UInt8]) throws -> Void) -> CInt {
    do {
        try body(Array(UnsafeBufferPointer(start: bytes, count: count)))
    } catch let error as any PresentableError {
        guard error.exitStatus == .invalidContent || error.exitStatus == .signature else { finding("\(error)") }
    } catch {
        finding("\(error)")
    }
    return 0
}

/// Ends the run with a finding.
func finding(_ what: String) -> Never { fatalError(what) }

/// A finding where something does not hold that always has to.
func require(_ condition: Bool, _ what: @autoclosure () -> String) {
    if !condition { finding(what()) }
}
