// SPDX-License-Identifier: Apache-2.0

import BaigoCore
@testable import BundleKit

/// `manifest.json`: what is accepted is written and read back the same.
@_cdecl("fuzz_manifest")
public func fuzzManifest(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    run(bytes, count) { input in
        let manifest = try Manifest(reading: input)
        let again = try Manifest(reading: manifest.bytes)
        require(again == manifest, "written and read back, the manifest differs")
        _ = try manifest.contentDigest()
        for file in manifest.files { _ = try EntryName.validate(Array(file.path.utf8)) }
    }
}

/// `checksums.txt`: what is accepted is written and read back the same.
@_cdecl("fuzz_checksums")
public func fuzzChecksums(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    run(bytes, count) { input in
        let list = try ChecksumList(reading: input)
        require(try ChecksumList(reading: list.bytes) == list, "written and read back, the list differs")
        require(list.bytes.count == input.count, "written, the list has another size")
    }
}

/// `checksums.txt.asc`: what is accepted is written and taken apart the same.
@_cdecl("fuzz_signature")
public func fuzzSignature(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    run(bytes, count) { input in
        let file = try SignatureFile(reading: input)
        let again = try SignatureFile(reading: file.armored)
        require(again.packets.map(\.raw) == file.packets.map(\.raw), "written and read back, the signatures differ")
    }
}
