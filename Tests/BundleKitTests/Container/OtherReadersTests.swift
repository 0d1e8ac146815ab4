// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import BundleKit
import Foundation
import SystemPackage
import TestSupport
import Testing

/// Whatever is taken here, unzip, Python and, where they are installed, bsdtar and 7z read the very same.
struct OtherReadersTests {
    /// Reads each archive with every reader there is and prints what differs from the digests beside it.
    private static let comparison = """
        import hashlib, json, os, pathlib, shutil, subprocess, sys, zipfile

        def digest(content):
            return hashlib.sha256(content).hexdigest()

        def tree(folder):
            return {str(p.relative_to(folder)): digest(p.read_bytes()) for p in folder.rglob("*") if p.is_file()}

        def open_up(folder):
            # Some readers restore modes; without this only root could read what they extracted.
            for base, folders, names in os.walk(folder):
                for name in folders:
                    os.chmod(os.path.join(base, name), 0o700)
                for name in names:
                    os.chmod(os.path.join(base, name), 0o600)

        def extract(name, *command):
            folder = pathlib.Path(name[-1])
            folder.mkdir()
            result = subprocess.run([*command, name], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            open_up(folder)
            files = tree(folder)
            shutil.rmtree(folder)
            return result.returncode, files, result.stdout.decode(errors="replace")

        def report(reader, archive, files, expected, note=""):
            if files != expected:
                print(reader, archive, sorted(set(files.items()) ^ set(expected.items())), note)

        count = 0
        for archive in sorted(p for p in os.listdir() if p.endswith(".zip")):
            expected = json.load(open(archive + ".json"))
            with zipfile.ZipFile(archive) as z:
                files = {i.filename: digest(z.read(i)) for i in z.infolist() if not i.is_dir()}
            report("zipfile", archive, files, expected)
            listed = subprocess.run(["unzip", "-Z1", archive], capture_output=True).stdout.decode(errors="backslashreplace").splitlines()
            report("unzip -Z1", archive, dict.fromkeys(n for n in listed if n[-1] != "/"), dict.fromkeys(expected))
            status, files, note = extract("u", "unzip", "-o", "-qq", archive, "-d")
            report("unzip", archive, files, expected, note)
            if status > 1:
                print("unzip", archive, "ends with", status, note)
            if shutil.which("bsdtar"):
                status, files, note = extract("b", "bsdtar", "-xf", archive, "-C")
                report("bsdtar", archive, files, expected, note)
                if status:
                    print("bsdtar", archive, "ends with", status, note)
            if shutil.which("7z"):
                status, files, note = extract("-os", "7z", "x", "-y", archive)
                report("7z", archive, files, expected, note)
                if status > 1:
                    print("7z", archive, "ends with", status, note)
            count += 1
        print(count)
        """

    private static func base(_ random: inout SeededGenerator) throws -> ArchiveBuilder {
        var sample = Sample()
        if Bool.random(using: &random) { sample.files.append(("model/größe", Array("PK\u{1}\u{2}".utf8))) }
        var builder = try sample.builder(withList: Int.random(in: 0..<8, using: &random) > 0)
        if Bool.random(using: &random) { builder.add("checksums.txt.asc", Array("signature".utf8)) }
        if Bool.random(using: &random) { builder.add("model.sig", Array("PK\u{5}\u{6}".utf8)) }
        if Bool.random(using: &random) { builder.add("model/", []) }
        if Bool.random(using: &random) { builder.entries.shuffle(using: &random) }
        if Int.random(in: 0..<3, using: &random) == 0 { builder.end64 = .init() }
        for index in builder.entries.indices where builder.entries[index].central.name.last != 0x2f {
            switch Int.random(in: 0..<12, using: &random) {
            case 0: builder.entries[index].useDescriptor(signed: Bool.random(using: &random))
            case 1: builder.entries[index].useDescriptor(signed: Bool.random(using: &random), wide: true)
            case 2: builder.entries[index].useZip64()
            default: break
            }
        }
        return builder
    }

    /// Changes fields that a reader may take for something.
    private static func mutate(_ builder: inout ArchiveBuilder, _ random: inout SeededGenerator) {
        let index = builder.entries.indices.randomElement(using: &random) ?? 0
        let extras: [UInt16] = [0x5455, 0x5855, 0x7855, 0x7875, 0x000a, 0xd935, 0x7075, 0x6375, 0x9901, 0x0001]
        let numbers: [UInt16] = [0, 1, 2, 8, 10, 20, 45, 46, 63, 0x14, 0x31e, 0x33f, 0xb14, 0x800, 0x808, 0xffff]
        let field = random.pick(numbers, or: 0)
        let comments: [[UInt8]] = [
            [0x50, 0x4b, 5, 6], [0x50, 0x4b, 1, 2], [0x50, 0x4b, 6, 7] + [UInt8](repeating: 0, count: 16), [0, 1],
            [0x50, 0x4b, 5, 6] + [UInt8](repeating: 0, count: 18),
        ]
        switch Int.random(in: 0..<14, using: &random) {
        case 0: builder.entries[index].madeBy = field
        case 1: builder.entries[index].attributes = UInt32(field) << 16 | UInt32(random.pick(numbers, or: 0))
        case 2: builder.entries[index].attributes ^= 1 << UInt32.random(in: 0..<32, using: &random)
        case 3: builder.entries[index].comment = random.pick(comments, or: [])
        case 4: builder.end.comment = random.pick(comments, or: [])
        case 5, 6, 7:
            let body = (0..<Int.random(in: 0..<14, using: &random)).map { _ in UInt8.random(in: 0...9, using: &random) }
            let extra = ArchiveBuilder.extraField(random.pick(extras, or: 0), body)
            if Bool.random(using: &random) { builder.entries[index].local.extra += extra }
            if Bool.random(using: &random) { builder.entries[index].central.extra += extra }
        case 8: builder.entries[index].local.version = field
        case 9: builder.entries[index].central.version = field
        case 10:
            builder.entries[index].local.flags ^= field
            builder.entries[index].central.flags ^= field
        case 11:
            builder.entries[index].local.time = field
            builder.entries[index].central.time = field
            builder.entries[index].local.date = field
            builder.entries[index].central.date = field
        case 12: builder.end64?.version = field
        default: builder.entries[index].disk = field & 1
        }
    }

    private static func mutated(_ random: inout SeededGenerator) throws -> [UInt8] {
        var builder = try base(&random)
        for _ in 0..<Int.random(in: 1...3, using: &random) { mutate(&builder, &random) }
        var bytes = builder.build()
        for _ in 0..<Int.random(in: 0...2, using: &random) {
            bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
        }
        return bytes
    }

    @Test(arguments: [UInt64(1), 2, 3])
    func everyReaderSeesWhatWasVerified(_ seed: UInt64) throws {
        let scratch = try Scratch()
        var random = SeededGenerator(seed: seed)
        var taken = 0
        for number in 0..<1500 where taken < 60 {
            let bytes = try Self.mutated(&random)
            do {
                let reader = try PackageReader.open(bytes, in: scratch)
                var files = try reader.contents(in: scratch)
                files["checksums.txt"] = reader.hasOwnChecksums ? reader.checksumsBytes : nil
                files["checksums.txt.asc"] = reader.signature
                files["model.sig"] = reader.modelSignature
                let digests = try files.mapValues { JSONValue.string(try SHA256Digest(of: $0).hex) }
                try scratch.write("all/\(number).zip", bytes)
                try scratch.write("all/\(number).zip.json", JSONValue.object(digests).compactBytes)
                taken += 1
            } catch is BundleError {}
        }
        let result = try Program("python3").run(
            ["-c", Self.comparison], environment: ["LC_ALL": "C.UTF-8"], in: scratch.path.appending("all").string)
        #expect(result.text == "\(taken)\n", "\(result)")
        #expect(taken == 60)
    }
}
