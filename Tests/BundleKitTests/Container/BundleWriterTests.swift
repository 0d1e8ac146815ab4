// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import BundleKit
import SystemPackage
import TestSupport
import Testing

/// Packages written as tar bundles and folders.
struct BundleWriterTests {
    private static let formats: [PackageFormat] = [.tar, .tarGzip, .tarZstandard, .folder]

    private func sample(in scratch: Scratch) throws -> PackagePlan {
        var sample = Sample()
        sample.metadata = Array("{}\n".utf8)
        sample.files.append(("model/" + String(repeating: "x", count: 200), [UInt8](repeating: 7, count: 3_000_000)))
        sample.files.append(("model/ü/empty", []))
        return try sample.plan(in: scratch)
    }

    private func file(_ name: String, in scratch: Scratch, replacing: Bool = false) -> PackageTarget {
        .file(scratch.path.appending(name), replacing: replacing, readBack: false)
    }

    private func opening(_ scratch: Scratch) -> PackageOpening {
        var opening = PackageOpening()
        opening.spoolFolder = scratch.path
        return opening
    }

    @Test(arguments: formats)
    func everyFormatHoldsTheSamePackage(_ format: PackageFormat) throws {
        let scratch = try Scratch()
        let plan = try sample(in: scratch)
        let reference = try PackageWriter.write(plan, to: file("x.baimodel", in: scratch))
        let written = try PackageWriter.write(
            plan, as: format, to: file("y", in: scratch), signing: { _ in Array("signature".utf8) })
        #expect(written.identity == reference.identity)
        #expect(written.isSigned)
        let reader = try PackageReader.open(scratch.path.appending("y"), opening(scratch))
        #expect(reader.identity == reference.identity)
        #expect(reader.signature == Array("signature".utf8))
        #expect(try reader.contents(in: scratch).count == plan.files.count + 2)

        let back = try PackageWriter.rewrite(reader, as: .baimodel, to: file("z.baimodel", in: scratch))
        #expect(back.identity == reference.identity)
        let again = try PackageReader.open(scratch.path.appending("z.baimodel"))
        #expect(again.signature == reader.signature)
        #expect(again.manifestBytes == reader.manifestBytes)
    }

    @Test(arguments: [PackageFormat.tar, .tarGzip, .tarZstandard])
    func plainToolsTakeTheBundle(_ format: PackageFormat) throws {
        let scratch = try Scratch()
        _ = try PackageWriter.write(try sample(in: scratch), as: format, to: file("y", in: scratch))
        for tool in [
            "tar xf ../y", "bsdtar xf ../y", "python3 -c 'import tarfile; tarfile.open(\"../y\").extractall()'",
        ] {
            if format == .tarZstandard, tool.hasPrefix("python3") { continue }
            let result = try Program("bash").run(
                [
                    "-euo", "pipefail", "-c",
                    "rm -rf t; mkdir t; cd t; \(tool); sha256sum --strict --quiet -c checksums.txt",
                ],
                environment: ["LC_ALL": "C.UTF-8"], in: scratch.path.string)
            #expect(result.status == 0, "\(tool): \(result)")
        }
    }

    @Test(arguments: [PackageFormat.tar, .tarGzip, .tarZstandard])
    func bundlesAreDeterministicAndTheSameOnAPipe(_ format: PackageFormat) throws {
        let scratch = try Scratch()
        let plan = try sample(in: scratch)
        let first = try PackageWriter.write(plan, as: format, to: file("a", in: scratch))
        _ = try PackageWriter.write(plan, as: format, to: file("b", in: scratch))
        let drain = try PipeDrain(in: scratch)
        _ = try PackageWriter.write(plan, as: format, to: .stream(drain.input))
        let bytes = try scratch.bytes("a")
        #expect(try scratch.bytes("b") == bytes)
        #expect(try drain.finish() == bytes)
        #expect(first.size == ByteCount(bytes.count))
        if format == .tar { #expect(try PackageWriter.measure(plan, as: .tar) == first.size) }
        if format == .tarGzip { #expect(Array(bytes[3..<8]) == [0, 0, 0, 0, 0], "no name and no time") }
    }

    @Test(arguments: formats)
    func nothingIsReplacedUnasked(_ format: PackageFormat) throws {
        let scratch = try Scratch()
        try scratch.write("y", [1])
        let error = #expect(throws: FileError.self) {
            _ = try PackageWriter.write(try sample(in: scratch), as: format, to: file("y", in: scratch))
        }
        #expect(error?.code == .exists)
        #expect(try scratch.bytes("y") == [1])
        guard format != .folder else { return }
        _ = try PackageWriter.write(try sample(in: scratch), as: format, to: file("y", in: scratch, replacing: true))
        _ = try PackageReader.open(scratch.path.appending("y"), opening(scratch))
    }

    @Test(arguments: formats)
    func aDamagedSourceLeavesNoTarget(_ format: PackageFormat) throws {
        let scratch = try Scratch()
        for (name, bytes) in Sample().files { try scratch.write("p/\(name)", bytes) }
        try scratch.write("p/manifest.json", try Sample().manifest)
        try scratch.write("p/checksums.txt", try Sample().checksums)
        try scratch.write("p/model/a.gguf", Array("WEIGHTS".utf8))
        let reader = try PackageReader.open(scratch.path.appending("p"))
        let error = #expect(throws: BundleError.self) {
            _ = try PackageWriter.rewrite(reader, as: format, to: file("y", in: scratch))
        }
        #expect(error?.code == .digestMismatch)
        #expect(try scratch.folder.names() == ["p"])
    }

    @Test func namesTellTheFormat() {
        let names: [(String, PackageFormat?)] = [
            ("x.baimodel", .baimodel), ("x.TAR", .tar), ("a/x.tar.gz", .tarGzip), ("x.tgz", .tarGzip),
            ("x.tar.zst", .tarZstandard), ("x/", .folder), ("x", nil), ("x.zip", nil),
        ]
        for (name, format) in names { #expect(PackageFormat(path: name) == format, "\(name)") }
    }
}
