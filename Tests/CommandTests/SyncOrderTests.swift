// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import Foundation
import TestSupport
import Testing

/// What a power failure can take: names reach the medium only behind the content they stand for.
///
/// The built program runs under strace; its calls are replayed on a model that knows what is not synced yet.
@Suite(.enabled(if: Tracing.isAvailable, "needs strace and leave to trace"))
struct SyncOrderTests {
    private func site() throws -> Site {
        let site = try Site()
        let script = """
            export SOURCE_DATE_EPOCH=1700000000
            for v in 1 2; do
                echo "licence $v" > LICENSE
                "$BAIGO" export '\(Site.model)' -o tiny-$v.baimodel --name tiny --version $v --license-file LICENSE \\
                    --quiet
            done
            echo other > LICENSE
            "$BAIGO" export '\(Site.model)' -o other.baimodel --name tiny --version 1 --license-file LICENSE --quiet
            """
        expect(try site.shell(script), endsWith: .done)
        return site
    }

    /// Runs a command under strace and replays what it did in a folder, the home where nothing else is said.
    private func expectOrder(
        _ site: Site, in folder: String = "home", _ arguments: String..., location: SourceLocation = #_sourceLocation
    ) throws {
        let calls =
            "openat,write,pwrite64,fsync,fdatasync,ftruncate,fallocate,rename,renameat,renameat2,link,linkat,"
            + "unlink,unlinkat,mkdir,mkdirat,rmdir,ioctl"
        let result = try site.run(
            "strace",
            ["-f", "-qq", "-y", "-s", "300", "-o", "trace", "-e", "trace=\(calls)", Site.baigo.path] + arguments)
        expect(result, endsWith: .done, location)
        var replay = SyncReplay(home: try site.shell("realpath -m \(folder)").text.trimmingCharacters(in: .newlines))
        for line in String(decoding: try site.contents("trace"), as: UTF8.self).split(separator: "\n") {
            replay.take(line)
        }
        replay.finish()
        #expect(replay.moves > 0, "nothing was put in place", sourceLocation: location)
        #expect(replay.faults.isEmpty, "\(replay.faults)", sourceLocation: location)
    }

    @Test func everythingIsSyncedBeforeItCanBeSeen() throws {
        let site = try site()
        try expectOrder(site, "import", "tiny-1.baimodel", "--yes")
        try expectOrder(site, "import", "tiny-2.baimodel", "--yes")
        try expectOrder(site, "import", "other.baimodel", "--replace", "--yes")
        try expectOrder(site, "activate", "tiny:2")
        try expectOrder(site, "rollback", "tiny")
        try expectOrder(site, "audit", "rotate")
        try expectOrder(site, "check", "--rebuild")
        try expectOrder(site, "remove", "tiny:2", "--force", "--yes")
        try expectOrder(site, "remove", "tiny", "--all", "--yes")
    }

    @Test func aKeyIsSyncedBeforeItCounts() throws {
        let ring = try KeyRing()
        let signer = try ring.makeKey("Packager <packager@example.org>")
        let site = try Site()
        try site.write(Data(try ring.publicKey(signer)), to: "key.asc")
        try expectOrder(site, "trust", "add", "key.asc", "--fingerprint", signer)
    }

    @Test func whatIsTakenAgainIsSyncedBeforeItReplacesWhatWasDamaged() throws {
        let site = try site()
        expect(try site.baigo("import", "tiny-1.baimodel", "--yes"), endsWith: .done)
        let script =
            "f=$(find home/blobs -type f -size +100k); chmod 600 $f; printf X | dd of=$f bs=1 seek=5000 conv=notrunc"
        expect(try site.shell(script), endsWith: .done)
        try expectOrder(site, "check", "--repair", "tiny-1.baimodel")
    }

    @Test func aCopyIsSyncedBeforeItIsAStore() throws {
        let site = try site()
        expect(try site.baigo("import", "tiny-1.baimodel", "--yes"), endsWith: .done)
        try expectOrder(site, in: "copy", "store", "copy", "--to", "copy")
        expect(try site.baigo("import", "tiny-2.baimodel", "--yes"), endsWith: .done)
        try expectOrder(site, in: "copy", "store", "copy", "--to", "copy")
    }

    @Test func anInventoryIsSyncedBeforeItHasItsName() throws {
        let site = try site()
        expect(try site.shell("mkdir out"), endsWith: .done)
        expect(try site.baigo("import", "tiny-1.baimodel", "--yes"), endsWith: .done)
        try expectOrder(
            site, in: "out", "list", "--index", "-o", "out/inventory.json", "--sqlite", "out/inventory.sqlite")
    }

    @Test func aMissingSyncWouldBeFound() throws {
        let home = "/h"
        var replay = SyncReplay(home: home)
        replay.take(#"1 openat(3</h/staging>, ""..., O_RDWR|O_CREAT|O_EXCL, 0600) = 4</h/staging/a>"#)
        replay.take(#"1 pwrite64(4</h/staging/a>, ""..., 10, 0) = 10"#)
        replay.take(#"1 renameat(3</h/staging>, "a", 5</h/models>, "b") = 0"#)
        replay.finish()
        #expect(replay.faults.count == 3, "\(replay.faults)")
    }
}
