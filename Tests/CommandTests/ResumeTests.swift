// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import Foundation
import TestSupport
import Testing

/// Imports that are cut off for real, and what the next one reads from the medium, as the kernel sees it.
@Suite(.enabled(if: Tracing.isAvailable, "needs strace and leave to trace"))
struct ResumeTests {
    private static let size = 40 << 20
    /// Bytes that headers, lists and one buffer take beside the data.
    private static let slack = 3 << 20

    /// A site with a package of one large file on a medium.
    private func site() throws -> Site {
        let site = try Site()
        expect(
            try site.shell(
                """
                mkdir stick model && cp '\(Site.model)' model/m.gguf
                head -c \(Self.size) /dev/urandom > model/z.bin
                "$BAIGO" export ./model -o stick/large.baimodel --name large --version 1 --include model/z.bin \
                    --license MIT --quiet
                """), endsWith: .done)
        return site
    }

    /// Imports under strace.
    private func traced(_ site: Site, _ options: String...) throws -> ProgramResult {
        try site.run(
            "strace",
            ["-f", "-qq", "-y", "-o", "trace"] + options
                + [Site.baigo.path, "import", "stick/large.baimodel", "--yes"])
    }

    /// Bytes that the traced process read from the package.
    private func bytesRead(_ site: Site) throws -> Int {
        let result = try site.shell(
            #"grep -E 'p?read(64|v)?\([0-9]+<[^>]*stick/large.baimodel>' trace | sed -n 's/.* = \([0-9]*\)$/\1/p' "#
                + "| awk '{ n += $1 } END { print n + 0 }'")
        return try #require(Int(result.text.dropLast()))
    }

    private func expectWhole(_ site: Site) throws {
        expect(try site.baigo("check"), endsWith: .done)
        expect(try site.baigo("audit", "verify"), endsWith: .done)
        #expect(try site.shell("find home/staging -mindepth 1").text == "")
        expect(
            try site.shell("cd home/models/_/large/*/package && sha256sum --strict --quiet -c checksums.txt"),
            endsWith: .done)
    }

    /// Bytes of files that the interrupted import left.
    private func kept(_ site: Site) throws -> Int {
        let staged = try site.shell("stat -c %s home/staging/*/files/* | awk '{ n += $1 } END { print n }'")
        let kept = try #require(Int(staged.text.dropLast()))
        #expect(kept >= 1 << 20 && kept < Self.size, "\(kept)")
        return kept
    }

    /// Imports again; only what was not staged may be read.
    private func expectGoingOn(_ site: Site, after kept: Int) throws {
        #expect(try site.baigo("check", "--json").json["healthy"] == true)
        expect(try traced(site, "-e", "trace=read,pread64"), endsWith: .done)
        let read = try bytesRead(site)
        #expect(read <= Self.size - kept + Self.slack, "\(read) read, \(kept) were staged")
        #expect(read >= Self.size - kept, "\(read) read, \(kept) were staged")
        try expectWhole(site)
    }

    // The thread that reads is one, the threads that write take turns: what has to happen at a certain point is
    // tied to reading.

    @Test func readsOnlyWhatAKilledImportHadNotStaged() throws {
        let site = try site()
        let killed = try traced(site, "-e", "trace=pread64", "-e", "inject=pread64:signal=SIGKILL:when=25")
        #expect(killed.status == 128 + SIGKILL, "\(killed)")
        let kept = try kept(site)
        let doctor = try site.baigo("doctor", "--json").json["store"]?["staged"]?.array ?? []
        #expect(doctor.map { $0["model"] } == ["large:1"])
        #expect(doctor.first?["size"]?.integer == Int64(kept))
        try expectGoingOn(site, after: kept)
    }

    @Test(arguments: ["ENOSPC", "EIO"])
    func goesOnAfterAnError(_ error: String) throws {
        let site = try site()
        let failed = try traced(site, "-e", "trace=pwrite64", "-e", "inject=pwrite64:error=\(error):when=9+")
        expect(failed, endsWith: .environment)
        #expect(failed.errorOutput.contains("The same import goes on from there"), "\(failed)")
        try expectGoingOn(site, after: try kept(site))
    }

    @Test func goesOnAfterAnUnpluggedMedium() throws {
        let site = try site()
        let failed = try traced(site, "-e", "trace=pread64", "-e", "inject=pread64:error=EIO:when=25")
        expect(failed, endsWith: .environment)
        #expect(failed.errorOutput.contains("The same import goes on from there"), "\(failed)")
        try expectGoingOn(site, after: try kept(site))
    }

    @Test func goesOnAfterASignal() throws {
        let site = try site()
        // Reading is slowed down, so that the signal finds it in the middle.
        let interrupted = try site.shell(
            #"""
            strace -f -qq -o trace -e trace=pread64 -e inject=pread64:delay_enter=200000:when=20+ \
                "$BAIGO" import stick/large.baimodel --yes &
            until [ "$(cat home/staging/*/files/* 2> /dev/null | head -c 4194304 | wc -c)" = 4194304 ]; do
                sleep 0.05
            done
            kill -TERM "$(pgrep -P $!)"
            wait $!
            """#)
        expect(interrupted, endsWith: .terminated)
        #expect(interrupted.errorOutput.contains("The same import goes on from there"), "\(interrupted)")
        try expectGoingOn(site, after: try kept(site))
    }
}

/// A file system that knows no hard links, played by the kernel's answer to each of them.
@Suite(.enabled(if: Tracing.isAvailable, "needs strace and leave to trace"))
struct LinklessTests {
    @Test(arguments: ["EPERM", "EOPNOTSUPP", "EMLINK"])
    func keepsCopiesWhereFilesCannotHaveTwoNames(_ error: String) throws {
        let site = try Site()
        expect(
            try site.baigo("export", Site.model, "-o", "m.baimodel", "--name", "tiny", "--version", "1"),
            endsWith: .done)
        let imported = try site.run(
            "strace",
            [
                "-f", "-qq", "-o", "/dev/null", "-e", "trace=linkat", "-e", "inject=linkat:error=\(error)",
                Site.baigo.path, "import", "m.baimodel", "--yes",
            ])
        expect(imported, endsWith: .done)
        #expect(try site.shell("find home/blobs home/models -type f -links +1").text == "")
        expect(try site.baigo("check"), endsWith: .done)
        expect(
            try site.shell("cd home/models/_/tiny/*/package && sha256sum --strict --quiet -c checksums.txt"),
            endsWith: .done)
        expect(try site.baigo("remove", "tiny", "--yes"), endsWith: .done)
        #expect(try site.shell("find home/blobs home/models -type f").text == "")
    }
}

/// Whether processes may be traced here, in containers they often may not.
enum Tracing {
    static let isAvailable: Bool = {
        let strace = Program("strace")
        return strace.exists && (try? strace.run(["-qq", "-o", "/dev/null", "/bin/true"]).status) == 0
    }()
}
