// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import BundleKit
internal import Synchronization

/// One file that is to be hashed.
struct ContentJob: Sendable {
    let digest: SHA256Digest
    /// Bytes that it should have; `nil` where nothing says.
    let size: Int64?
    /// Opens the file; called on the thread that hashes it, so that few are open at a time.
    let open: @Sendable () throws -> OwnedDescriptor

    /// Compares the file, its size first.
    ///
    /// - Parameters:
    ///   - buffer: Room for one chunk.
    ///   - completed: Grows by the bytes of each chunk.
    ///   - isCancelled: Asked before each chunk.
    /// - Returns: What was found; `nil` where it was cancelled.
    /// - Throws: What this host stands in the way with and that says nothing of the file: `FileError`, code `permission`,
    ///   `resources` and the like; `BundleError`, code `outOfMemory`.
    func run(
        in buffer: UnsafeMutableRawBufferPointer, completed: borrowing Atomic<Int64>, isCancelled: () -> Bool
    ) throws -> ContentStatus? {
        do {
            let file = try open()
            let actual = try file.status().size
            if let size, actual != size { return .size(actual: actual) }
            var hasher = try SHA256Hasher()
            var fileOffset: Int64 = 0
            file.expectSequentialReading()
            while !isCancelled() {
                let count = try file.read(at: fileOffset, into: buffer)
                try hasher.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
                fileOffset += Int64(count)
                completed.add(Int64(count), ordering: .relaxed)
                if count < buffer.count {
                    let found = try hasher.finalize()
                    return found == digest ? .ok : .digest(actual: found)
                }
            }
            return nil
        } catch let error as FileError where error.code == .notFound {
            return .missing
        } catch let error as any PresentableError {
            if error.isOfThisHost { throw error }
            return .unreadable(reason: error.message)
        } catch {
            return .unreadable(reason: String(describing: error))
        }
    }
}

extension PresentableError {
    /// Whether this host, and not the file, is to blame; a medium that fails, or something else in the place of a file,
    /// is the file's.
    var isOfThisHost: Bool {
        guard exitStatus == .environment else { return false }
        return ![.inputOutput, .wrongPlace].contains((self as? FileError)?.code)
    }
}
