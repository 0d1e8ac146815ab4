// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import Glibc
import SystemPackage
import TestSupport

/// A nameless file that holds `bytes` and then zeros up to `size`.
func namelessFile(_ bytes: [UInt8], size: Int64? = nil) throws -> OwnedDescriptor {
    var template = Array("/tmp/baigo-model-XXXXXX".utf8CString)
    let raw = mkstemp(&template)
    guard raw >= 0, unlink(template) == 0 else { throw Errno.lastError }
    let file = OwnedDescriptor(owning: raw, path: "model.gguf")
    try file.writeAll(bytes, at: 0)
    if let size { try file.truncate(to: size) }
    return file
}

/// A folder of one test, removed with everything in it.
func withModelFolder<Result>(_ body: (FilePath, Folder) throws -> Result) throws -> Result {
    let folder = try TemporaryFolder()
    return try body(folder.path, try folder.open())
}
