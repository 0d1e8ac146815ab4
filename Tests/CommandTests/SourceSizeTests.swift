// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import Foundation
import TestSupport
import Testing

/// Files that are larger than any package, or not as large as the system says.
struct SourceSizeTests {
    /// Files with holes as large as a file can be; `nil` where no file system here takes them.
    private static let memory: String? = {
        let probe = "/dev/shm/baigo-test-probe-\(getpid())"
        let made = try? Program("truncate").run(["-s", "9223372036854775807", probe])
        unlink(probe)
        return made?.status == 0 ? "/dev/shm" : nil
    }()

    @Test(
        .enabled(if: memory != nil, "needs /dev/shm with files of 8 EiB"),
        arguments: ["9223372036854775807", "4611686018427387904"], ["o.tar", "o.baimodel", "o/", "-"])
    func refusesWhatNoPackageHolds(_ size: String, _ target: String) throws {
        let site = try Site()
        let huge = "/dev/shm/baigo-test-\(UUID().uuidString)"
        defer { unlink(huge) }
        expect(try site.tool("truncate", "-s", size, huge), endsWith: .done)
        for options in [[], ["--dry-run"]] {
            let format = target == "-" ? ["--format", "tar"] : []
            let result = try site.baigo(
                ["export", Site.model, "--include", huge, "-o", target, "--json"] + options + format)
            expect(result, endsWith: .usage, identifier: "usage.request")
            #expect(result.errorOutput.contains("too large"))
        }
        #expect(try site.shell("ls -A | grep '^[.]*o' || true").text == "")
    }

    @Test(.enabled(if: memory != nil, "needs /dev/shm with files of 8 EiB"))
    func addsSizesUpWithoutOverflow() throws {
        let site = try Site()
        let folder = "/dev/shm/baigo-test-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        expect(
            try site.shell("mkdir \(folder); for i in 1 2 3 4 5 6; do truncate -s 1E \(folder)/$i; done"),
            endsWith: .done)
        let files = (1...6).flatMap { ["--include", "\(folder)/\($0)"] }
        let result = try site.baigo(["export", Site.model, "-o", "o.tar", "--dry-run", "--json"] + files)
        expect(result, endsWith: .usage, identifier: "usage.request")
    }

    @Test(arguments: ["o.tar", "o.baimodel", "o/", "-"])
    func refusesAFileWithMoreBytesThanItsSize(_ target: String) throws {
        let site = try Site()
        let result = try site.baigo(
            "export", Site.model, "--include", "/proc/version", "-o", target, "--json",
            "--format", target == "-" ? "tar" : ["o.tar": "tar", "o/": "folder"][target] ?? "baimodel")
        expect(result, endsWith: .invalidContent, identifier: "model.source-changed")
        #expect(result.output.isEmpty)
        #expect(!site.exists("o") && !site.exists(target))
    }

    @Test func messagesNameTheFileAndTheRemedy() throws {
        let site = try Site()
        expect(
            try site.shell(
                """
                mkdir r; cp '\(Site.model)' r/l.gguf; cd r; sha256sum --tag l.gguf > SHA256SUMS
                mkdir ../a; ln -s /etc/passwd ../a/l.gguf; echo x > ../a/manifest.json
                """), endsWith: .done)
        let tagged = try site.baigo("verify", "r")
        expect(tagged, endsWith: .invalidContent)
        #expect(tagged.errorOutput.contains("SHA256SUMS has a malformed line 1 (r)"))
        let linked = try site.baigo("verify", "a")
        expect(linked, endsWith: .invalidContent)
        #expect(linked.errorOutput.contains("l.gguf is a link or special file (a)"))
        for arguments in [["/dev/null"], [Site.model, "--include", "/dev/null"]] {
            let result = try site.baigo(["export", "-o", "x.baimodel"] + arguments)
            #expect(result.status != 0)
            #expect(result.errorOutput.contains("hint: Name a regular file"), "\(result)")
        }
        site.environment["SOURCE_DATE_EPOCH"] = "yesterday"
        let clock = try site.baigo("export", Site.model, "-o", "x.baimodel")
        expect(clock, endsWith: .environment)
        #expect(clock.errorOutput.contains("hint: "))
    }
}
