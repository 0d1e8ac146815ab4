// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import Foundation
import Glibc
import TestSupport
import Testing

/// The same input with the same `SOURCE_DATE_EPOCH` gives the same bytes, wherever and by whomever.
struct DeterminismTests {
    private static let date = "1700000000"

    private static func reference(_ site: Site) throws -> Data {
        site.environment["SOURCE_DATE_EPOCH"] = date
        expect(try site.baigo("export", Site.model, "-o", "reference.baimodel"), endsWith: .done)
        return try site.contents("reference.baimodel")
    }

    @Test(arguments: [
        "umask 077", "umask 000", "export TZ=Asia/Seoul", "export TZ=America/St_Johns", "export LC_ALL=C",
        "export LC_ALL=tr_TR.UTF-8 LANG=tr_TR.UTF-8", "export COLUMNS=20 NO_COLOR=1 USER=someone LOGNAME=someone",
        "export TMPDIR=/var/tmp", "exec < /dev/null", "ulimit -n 64",
    ])
    func exportsDoNotDependOnTheSurroundings(_ change: String) throws {
        let site = try Site()
        let reference = try Self.reference(site)
        let result = try site.shell("\(change); \"$BAIGO\" export '\(Site.model)' -o b.baimodel")
        expect(result, endsWith: .done)
        #expect(try site.contents("b.baimodel") == reference)
    }

    @Test func exportsDoNotDependOnFoldersTimesAndModes() throws {
        let site = try Site()
        let reference = try Self.reference(site)
        let result = try site.shell(
            """
            mkdir -p 'other place/deep' && cp '\(Site.model)' 'other place/deep/' && cd 'other place/deep'
            touch -d 2001-02-03 tiny-chat.gguf && chmod 600 tiny-chat.gguf
            "$BAIGO" export ./tiny-chat.gguf -o ../../b.baimodel
            "$BAIGO" export "$PWD/tiny-chat.gguf" -o - --quiet | cat > ../../c.baimodel
            """)
        expect(result, endsWith: .done)
        #expect(try site.contents("b.baimodel") == reference)
        #expect(try site.contents("c.baimodel") == reference)
    }

    @Test func foldersGiveTheSameInWhateverOrderTheirFilesWereMade() throws {
        let site = try Site()
        site.environment["SOURCE_DATE_EPOCH"] = Self.date
        let result = try site.shell(
            """
            files() { case $1 in m.gguf) cp '\(Site.model)' m.gguf;; *) echo "text of $1" > "$1";; esac; }
            mkdir a b
            (cd a && for n in LICENSE README.md config.json m.gguf tokenizer.json; do files $n; done)
            (cd b && for n in tokenizer.json m.gguf config.json README.md LICENSE; do files $n; done)
            for n in a b; do (cd $n && "$BAIGO" export . -o ../$n.baimodel --name m); done
            """)
        expect(result, endsWith: .done)
        #expect(try site.contents("a.baimodel") == site.contents("b.baimodel"))
    }

    /// Prints what an export is, in every format: names, types and digests.
    private static let everyFormat = """
        everyFormat() {
            local format name
            for format in baimodel tar tar.gz tar.zst folder; do
                name=$(mktemp -u out.XXXXXX)
                "$BAIGO" export ./tiny-chat.gguf -o "$name" --format "$format" --name tiny --quiet > /dev/null
                if [ "$format" = folder ]; then
                    (cd "$name" && find . -printf '%P %y\\n' | sort && find . -type f -exec sha256sum {} + | sort -k 2)
                else
                    sha256sum < "$name"
                fi
            done
        }

        """

    @Test(arguments: [
        "umask 077", "umask 000", "export TZ=Asia/Seoul", "export LC_ALL=C", "export LC_ALL=tr_TR.UTF-8",
        "mkdir -p deep/er && cp -p tiny-chat.gguf deep/er && touch deep/er/tiny-chat.gguf && cd deep/er",
    ])
    func noFormatDependsOnTheSurroundings(_ change: String) throws {
        let site = try Site()
        site.environment["SOURCE_DATE_EPOCH"] = Self.date
        let result = try site.shell(
            """
            \(Self.everyFormat)
            cp '\(Site.model)' tiny-chat.gguf
            everyFormat > first
            (\(change); everyFormat) > second
            [ -s first ] && [ "$(wc -l < first)" -ge 10 ] && diff first second
            """)
        expect(result, endsWith: .done)
    }

    private static var canBecomeAnother: Bool { geteuid() == 0 && Program("setpriv").exists }

    @Test(.enabled(if: canBecomeAnother, "only root can run baigo as another user"))
    func exportsDoNotDependOnTheUser() throws {
        let site = try Site()
        let reference = try Self.reference(site)
        let result = try site.shell(
            """
            place=$(mktemp -d /tmp/baigo-user-XXXXXX)
            trap 'rm -rf "$place"' EXIT
            cp '\(Site.model)' "$place" && cp "$BAIGO" "$place/baigo" && chown -R 65534:65534 "$place"
            cd "$place"
            export HOME=$place XDG_CONFIG_HOME=$place BAIGO_HOME=$place/home TMPDIR=$place BAIGO=$place/baigo
            other() { setpriv --reuid=65534 --regid=65534 --clear-groups "$@"; }
            other ./baigo export ./tiny-chat.gguf -o b.baimodel
            cp b.baimodel '\(site.folder)/'
            cat > every <<'END'
            \(Self.everyFormat)
            everyFormat
            END
            other bash -euo pipefail every > theirs && bash -euo pipefail every > ours && diff ours theirs
            """)
        expect(result, endsWith: .done)
        #expect(try site.contents("b.baimodel") == reference)
    }
}
