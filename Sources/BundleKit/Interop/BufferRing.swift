// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import Dispatch
internal import Synchronization

/// A few page-aligned buffers that one thread fills in turn while others read the ones before.
///
/// A buffer comes round again when nobody holds its loan any more.
final class BufferRing: Sendable {
    /// Bytes of each buffer.
    let bufferBytes: Int
    private let slots: [BufferSlot]
    private let turn = Mutex(0)

    /// Allocates `count` buffers of `bytes` bytes each, whole pages.
    init(count: Int, bytes: Int) {
        bufferBytes = bytes
        slots = (0..<count).map { _ in BufferSlot(bytes: bytes) }
    }

    /// Waits for a buffer that nobody uses, and lends it.
    func next() -> BufferLoan {
        let slot = turn.withLock { turn in
            defer { turn = (turn + 1) % slots.count }
            return slots[turn]
        }
        slot.free.wait()
        return BufferLoan(slot)
    }
}

/// The right to use a buffer; it ends with the last reference.
final class BufferLoan: Sendable {
    private let slot: BufferSlot

    fileprivate init(_ slot: BufferSlot) {
        self.slot = slot
    }

    deinit { slot.free.signal() }

    /// Fills the buffer; only before the loan is handed on.
    func fill<Value>(_ body: (UnsafeMutableRawBufferPointer) throws -> Value) rethrows -> Value {
        try withExtendedLifetime(self) { try body(slot.buffer) }
    }

    /// Reads the first `count` bytes.
    func read<Value, Failure: Error>(
        _ count: Int, _ body: (UnsafeRawBufferPointer) throws(Failure) -> Value
    ) throws(Failure) -> Value {
        defer { withExtendedLifetime(self) {} }
        return try body(UnsafeRawBufferPointer(rebasing: slot.buffer[..<count]))
    }
}

/// Page-aligned memory.
// Safety: unchecked since no type of the language tells who may write through a pointer. The pointer never changes; what
// it points at is written by the thread that took the loan, before it hands the loan on, and only read afterwards, until
// the last reference to the loan is gone.
private final class BufferSlot: @unchecked Sendable {
    let buffer: UnsafeMutableRawBufferPointer
    let free = DispatchSemaphore(value: 0)

    init(bytes: Int) {
        buffer = .allocate(byteCount: bytes, alignment: DirectFile.alignment)
        free.signal()
    }

    deinit { buffer.deallocate() }
}
