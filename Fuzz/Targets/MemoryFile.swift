// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import Glibc
import SystemPackage

/// Inputs as files that have no name, and as pipes.
enum MemoryFile {
    /// Bytes that a pipe takes at once; longer inputs are cut.
    static let pipeBytes = 1 << 20

    /// `F_SETPIPE_SZ` of fcntl(2).
    private static let setPipeSize: CInt = 1031

    /// A regular file with these bytes, read from its start.
    static func holding(_ bytes: [UInt8]) throws -> OwnedDescriptor {
        guard let file = try Folder.open("/dev/shm").unnamedFile(for: "input") else {
            finding("/dev/shm takes no files without a name")
        }
        try file.writeAll(bytes, at: 0)
        return file
    }

    /// A pipe that ends after these bytes.
    static func piping(_ bytes: [UInt8]) throws -> OwnedDescriptor {
        var ends: [CInt] = [0, 0]
        guard pipe(&ends) == 0 else { throw Errno(rawValue: errno) }
        let input = OwnedDescriptor(owning: ends[0], path: "input")
        let output = OwnedDescriptor(owning: ends[1], path: "input")
        guard fcntl(output.raw, setPipeSize, CInt(pipeBytes)) >= 0 else { throw Errno(rawValue: errno) }
        let sent = bytes.prefix(pipeBytes).withUnsafeBytes { write(output.raw, $0.baseAddress, $0.count) }
        guard sent == min(bytes.count, pipeBytes) else { throw Errno(rawValue: errno) }
        return input
    }
}
