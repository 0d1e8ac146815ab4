// SPDX-License-Identifier: Apache-2.0

internal import EngineRunner
internal import EngineWire
internal import Glibc

/// The worker process: standard input is one end of a socket pair, on which it speaks EngineWire with the process
/// that started it.
///
/// It ends when the other end is closed.
@main
struct BaigoEngine {
    static func main() {
        let protections = Protections(usesCards: TextEngine.hasCardBackends)
        guard let channel = RequestChannel(socket: STDIN_FILENO) else {
            lastWords("baigo-engine is started by baigo and is of no use alone.")
            exit(WorkerExit.misused)
        }
        let worker = Worker(channel: channel, protections: protections)
        worker.startEngineThread()
        worker.receiveRequests()
    }
}
