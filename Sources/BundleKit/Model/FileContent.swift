// SPDX-License-Identifier: Apache-2.0

package import BaigoCore

/// What the bytes of a file tell, whatever its name is.
package enum FileContent: String, Sendable {
    /// Objects in Python's pickle form, alone or in a ZIP file of PyTorch: loading it can run any code.
    case pickle
    /// A program of PyTorch with its weights; it holds pickles too.
    case torchScript = "torchscript"
    /// An image of a container, as `docker save` and OCI tools make it.
    case containerImage = "container-image"

    /// Bytes at the start of a file, and at the end of a ZIP file, that are looked at before it is read.
    private static let probeBytes = 64 << 10
    private static let zipTailBytes: Int64 = 1 << 20
    private static let imageMarks: Set<String> = ["manifest.json", "oci-layout", "index.json"]
    /// Names of files that hold nothing else, where the bytes of an old protocol tell little.
    private static let pickleNames = [".pkl", ".pickle", ".joblib", ".dill"]

    /// Looks at the start and the end of a file; `nil` for anything else.
    ///
    /// - Throws: `FileError`.
    package init?(of file: OwnedDescriptor) throws {
        let size = try file.status().size
        if let content = try Self(of: .file(file, at: 0), size: size) {
            self = content
        } else if size >= Int64(TarHeader.blockBytes),
            BundleKind(try file.bytes(at: 0, count: BundleKind.probeBytes)) == .tar, try Self.isImage(file)
        {
            self = .containerImage
        } else {
            return nil
        }
    }

    /// Looks at the start and the end of data of `size` bytes; `nil` for anything but pickles.
    ///
    /// - Throws: `FileError`.
    init?(of source: DataSource, size: Int64) throws {
        var probe = ContentProbe()
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.probeBytes, alignment: 4096)
        defer { buffer.deallocate() }
        func look(at offset: Int64) throws -> Int {
            let wanted = Int(min(Int64(buffer.count), size - offset))
            let got = try source.read(at: offset, into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<wanted]))
            probe.update(UnsafeRawBufferPointer(rebasing: buffer[..<got]))
            return got
        }
        let first = try look(at: 0)
        if buffer.starts(with: [0x50, 0x4b, 3, 4]), first > 4 {
            var offset = max(Int64(first), size - Self.zipTailBytes)
            while offset < size {
                let got = try look(at: offset)
                if got == 0 { break }
                offset += Int64(got)
            }
        }
        guard let content = probe.content else { return nil }
        self = content
    }

    /// What a file's name alone tells; `nil` for most.
    package init?(named name: String) {
        guard Self.pickleNames.contains(where: name.lowercased().hasSuffix) else { return nil }
        self = .pickle
    }

    /// Whether loading the file in Python can run code.
    package var runsCode: Bool {
        switch self {
        case .pickle, .torchScript: true
        case .containerImage: false
        }
    }

    private static func isImage(_ file: OwnedDescriptor) throws -> Bool {
        let size = try file.status().size
        var offset: Int64 = 0
        for _ in 0..<4096 {
            let block = try file.bytes(at: offset, count: TarHeader.blockBytes)
            guard block.count == TarHeader.blockBytes, block.contains(where: { $0 != 0 }) else { return false }
            let header: TarHeader
            do throws(BundleError) { header = try TarHeader(reading: block) } catch { return false }
            if imageMarks.contains(String(decoding: header.name, as: UTF8.self)) { return true }
            let (next, overflow) = (offset + 512).addingReportingOverflow(header.size)
            guard !overflow, next < size else { return false }
            offset = next.roundedUp(to: 512)
        }
        return false
    }
}
