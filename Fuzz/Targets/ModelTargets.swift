// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import BundleKit

/// The header of a GGUF file: what is accepted lies within the file.
@_cdecl("fuzz_gguf")
public func fuzzGGUF(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    run(bytes, count) { input in
        let header = try GGUFHeader(reading: try MemoryFile.holding(input))
        require(header.headerByteCount <= header.fileSize, "the header is larger than the file")
        require(header.keys.count == header.metadata.count, "keys were lost")
        require(header.parameters >= 0 && header.trailingByteCount >= 0, "a negative count")
        _ = (header.kind, header.quantization, header.split, header.contextLength, header.hasChatTemplate)
    }
}
