// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore

/// Writes data into a file front to back: directly to the medium where the file system can, else through the page cache
/// with early write-back, so that the sync at the end is short and little of the cache is used.
struct FileWriter {
    /// Bytes from which on data goes to the medium directly.
    static let directFrom: Int64 = 1 << 20
    /// Bytes that are handed to the medium at once; at most three times as many wait for it.
    private static let window: Int64 = 16 << 20

    private let file: OwnedDescriptor
    private let start: Int64
    private let direct: DirectFile?
    private var written: Int64 = 0
    private var started: Int64 = 0
    private var finished: Int64 = 0

    /// Prepares to write `count` bytes from `start` on.
    init(_ file: OwnedDescriptor, at start: Int64, count: Int64) {
        self.file = file
        self.start = start
        let isAligned = start % Int64(DirectFile.alignment) == 0
        direct = isAligned && count >= Self.directFrom ? DirectFile(file, .writing) : nil
    }

    /// Writes the next bytes; all but the last call with whole pages from an aligned address.
    ///
    /// - Throws: `FileError`.
    mutating func write(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
        if let direct {
            try direct.write(bytes, at: start + written)
        } else {
            try file.write(bytes, at: start + written)
        }
        written += Int64(bytes.count)
        if direct?.isDirect == true {
            started = written
            finished = written
        } else {
            try writeBack()
        }
    }

    /// What is dropped from the cache here was written by this pass and is on the medium.
    private mutating func writeBack() throws(FileError) {
        guard written - started >= Self.window else { return }
        try file.startWriteBack(at: start + started, count: written - started)
        started = written
        guard started - finished > 2 * Self.window else { return }
        try file.finishWriteBack(at: start + finished, count: Self.window)
        file.dropCache(at: start + finished, count: Self.window)
        finished += Self.window
    }
}
