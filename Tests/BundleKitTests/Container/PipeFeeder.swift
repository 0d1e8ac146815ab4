// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import Dispatch
import Glibc

/// Writes to pipes and drains them beside the test that holds the other end.
enum PipeFeeder {
    private static let ignoresBrokenPipes: Bool = {
        signal(SIGPIPE, SIG_IGN)
        return true
    }()

    /// Writes all bytes, as far as they are taken, and closes the pipe.
    static func start(_ bytes: [UInt8], into output: OwnedDescriptor) {
        precondition(ignoresBrokenPipes)
        DispatchQueue.global().async {
            bytes.withUnsafeBytes { buffer in
                // A reader that stops early is what some tests are about.
                _ = try? output.writeStream(buffer)
            }
        }
    }
}

/// Collects what is written to a pipe.
final class PipeDrain {
    let input: OwnedDescriptor
    private let queue = DispatchQueue(label: "drain")
    private let file: OwnedDescriptor

    init(in scratch: Scratch) throws {
        var ends: [CInt] = [0, 0]
        guard Glibc.pipe(&ends) == 0 else { throw FileError(.lastError, while: "make", "a pipe") }
        input = OwnedDescriptor(owning: ends[1], path: "standard output")
        let output = OwnedDescriptor(owning: ends[0], path: "pipe")
        let file = try scratch.folder.file(creating: "drained-\(ends[0])")
        self.file = file
        queue.async {
            var offset: Int64 = 0
            let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
            defer { buffer.deallocate() }
            while true {
                let count = read(output.raw, buffer.baseAddress, buffer.count)
                guard count > 0 else { return }
                let part = UnsafeRawBufferPointer(rebasing: buffer[..<count])
                guard (try? file.write(part, at: offset)) != nil else { return }
                offset += Int64(count)
            }
        }
    }

    /// Everything written until all writers have closed the pipe.
    func finish() throws -> [UInt8] {
        shutdownInput()
        queue.sync {}
        return try file.bytes(at: 0, count: Int(try file.status().size))
    }

    private func shutdownInput() {
        // The descriptor itself closes later; the pipe has to end now.
        let null = open("/dev/null", O_WRONLY)
        dup2(null, input.raw)
        close(null)
    }
}
