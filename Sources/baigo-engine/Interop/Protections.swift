// SPDX-License-Identifier: Apache-2.0

internal import CWorkerGuard
internal import EngineWire
internal import Glibc
internal import Synchronization

/// What keeps a worker from doing harm when a model takes it over.
final class Protections: Sendable {
    private static let names: [(guard: baigo_guard, name: String)] = [
        (BAIGO_GUARD_PARENT_DEATH, "ends with baigo"),
        (BAIGO_GUARD_NO_NEW_PRIVILEGES, "no new privileges"),
        (BAIGO_GUARD_FEW_CAPABILITIES, "no capabilities"),
        (BAIGO_GUARD_NO_CORE_FILE, "no core file"),
        (BAIGO_GUARD_DESCRIPTORS_CLOSED, "no inherited files"),
        (BAIGO_GUARD_SYSTEM_CALL_FILTER, "no network sockets, no programs"),
        (BAIGO_GUARD_NOTHING_WRITABLE, "nothing writable"),
        (BAIGO_GUARD_NO_WAY_OUT, "no signals to other processes"),
        (BAIGO_GUARD_ENDED_FIRST, "ended first when memory runs out"),
        (BAIGO_GUARD_MEMORY_LIMIT, "memory limit"),
    ]
    private static let readingName = "reads its model and libraries only"
    /// The thread that receives and the one that owns the engine.
    private static let ownThreads = 2

    private let usesCards: Bool
    private let applied: UInt32
    private let readable = Mutex<[String]?>(nil)
    private let readingFailed = Mutex(false)

    /// Puts this process under every protection that the kernel lets it have.
    ///
    /// Call it before anything else.
    ///
    /// - Parameter usesCards: Whether the engine may compute on graphics cards: their drivers then may open
    ///   devices and local sockets.
    init(usesCards: Bool) {
        self.usesCards = usesCards
        applied = baigo_guard_apply(usesCards)
    }

    /// Protections in force, in words.
    ///
    /// That on reading comes into force with the first model.
    var inForce: [String] {
        var names = Self.names.filter { applied & $0.guard.rawValue != 0 }.map(\.name)
        if applied & BAIGO_GUARD_NETWORK_NAMESPACE.rawValue != 0 { names.append("no network interface") }
        if canConfine { names.append(Self.readingName) }
        return names
    }

    /// Protections that this kernel or this host does not allow, in words.
    var missing: [String] {
        var names = Self.names.filter { applied & $0.guard.rawValue == 0 }.map(\.name)
        if !canConfine { names.append(Self.readingName) }
        if canConfine, readable.withLock({ $0 }) == nil, baigo_guard_thread_count() > Self.ownThreads {
            names.append("\(Self.readingName), for threads of a graphics driver")
        }
        return names
    }

    /// Lets the calling thread read the files of a request, and no others from now on.
    ///
    /// Every thread that serves requests calls it once, before it touches a model.
    func confine(to request: LoadRequest) {
        let files = request.readFiles
        readable.withLock { $0 = $0 ?? files }
        let names = files.map { strdup($0) }
        defer { names.forEach { free($0) } }
        let pointers = names.map { UnsafePointer($0) }
        if !baigo_guard_confine_reading(usesCards, pointers, pointers.count) { readingFailed.withLock { $0 = true } }
    }

    /// Refuses the files of another model than the one that this process was confined to.
    ///
    /// - Throws: `EngineError`, code `invalidRequest`.
    func check(_ request: LoadRequest) throws(EngineError) {
        guard let readable = readable.withLock({ $0 }) else { return }
        guard Set(request.readFiles).isSubset(of: readable) else {
            throw EngineError(
                .invalidRequest, "this worker may read the files of one model only", hint: "Start another one.")
        }
    }

    /// Lowers the limit of private memory.
    ///
    /// - Parameter bytes: What the worker may have; files that are mapped do not count.
    static func limitMemory(to bytes: UInt64) { _ = baigo_guard_limit_memory(bytes) }

    /// Makes an overflow of the calling thread's stack end the process with a status of its own.
    static func watchStack() { _ = baigo_guard_watch_stack(WorkerExit.stackOverflow) }

    private var canConfine: Bool {
        applied & BAIGO_GUARD_NOTHING_WRITABLE.rawValue != 0 && !readingFailed.withLock { $0 }
    }
}

extension LoadRequest {
    /// Every file that loading this model opens.
    fileprivate var readFiles: [String] {
        (modelPaths.count == 1 ? modelPaths.flatMap(Self.shards(of:)) : modelPaths) + adapters.map(\.path)
    }

    /// The engine finds the other shards by the name of the first one.
    private static func shards(of path: String) -> [String] {
        guard let match = path.wholeMatch(of: /(.*-)00001(-of-([0-9]{5})\.gguf)/), let count = Int(match.3) else {
            return [path]
        }
        return (1...max(1, count)).map { number in
            let digits = String(number)
            return match.1 + String(repeating: "0", count: 5 - digits.count) + digits + match.2
        }
    }
}
