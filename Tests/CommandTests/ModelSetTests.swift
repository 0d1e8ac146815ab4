// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import Foundation
import TestSupport
import Testing

/// `baigo set`, and the commands that load a model with what it keeps.
struct ModelSetTests {
    private func site() throws -> Site {
        let site = try Site()
        expect(
            try site.baigo("export", Site.model, "-o", "tiny.baimodel", "--name", "tiny", "--version", "1"),
            endsWith: .done)
        expect(try site.baigo("import", "tiny.baimodel", "--yes"), endsWith: .done)
        return site
    }

    private func run(_ site: Site, _ options: String...) throws -> ProgramResult {
        try site.baigo(["run", "tiny", "Hello", "--max-tokens", "2", "--json"] + options)
    }

    @Test func whatIsKeptIsUsedUnlessTheCommandLineSaysOtherwise() throws {
        let site = try site()
        let result = try site.baigo("set", "tiny", "context=8192", "memory=4K", "--json")
        expect(result, endsWith: .done)
        #expect(try result.json["options"]?["context"] == "8192")
        #expect(try result.json["changed"] == true)
        expect(try run(site), endsWith: .engine, identifier: "engine.does-not-fit")
        expect(try run(site, "--memory", "none"), endsWith: .done)
        expect(try run(site, "--memory", "4KiB"), endsWith: .engine, identifier: "engine.does-not-fit")
        expect(try run(site, "--memory", "64GiB", "--memory-limit", "1T"), endsWith: .done)
        for value in ["memory=4KiB", "memory-limit=1T", "memory-limit=1TiB", "memory-limit=", "memory=4K"] {
            expect(try site.baigo("set", "tiny", value), endsWith: .done)
        }
        for command in [["chat", "tiny"], ["bench", "tiny", "--prompt", "8", "--generate", "2"]] {
            let refused = try site.baigo(command + ["--json"])
            expect(refused, endsWith: .engine, identifier: "engine.does-not-fit")
        }
        let shown = try site.baigo("show", "tiny", "--json").json
        #expect(shown["options"]?["memory"] == "4K")
        #expect(try site.baigo("show", "tiny").text.contains("context=8192 memory=4K"))
        #expect(try site.baigo("set", "tiny").text == "context=8192\nmemory=4K\n")
        expect(try site.baigo("set", "tiny", "memory="), endsWith: .done)
        expect(try run(site), endsWith: .done)
        #expect(try site.contents("home/models/_/tiny/options") == Data("context=8192\n".utf8))
        expect(try site.baigo("check"), endsWith: .done)
    }

    @Test func anOptionThatThisHostCannotFollowNamesTheWayOut() throws {
        let site = try site()
        expect(try site.baigo("set", "tiny", "device=CUDA77", "context=64"), endsWith: .done)
        let refused = try run(site)
        expect(refused, endsWith: .usage, identifier: "engine.invalid-request")
        #expect(refused.errorOutput.contains("device=CUDA77"))
        #expect(refused.errorOutput.contains("baigo set tiny context= device="))
        // What the command line says itself is not blamed on what is kept.
        let own = try run(site, "--device", "CUDA78", "--context", "64")
        expect(own, endsWith: .usage, identifier: "engine.invalid-request")
        #expect(!own.errorOutput.contains("baigo set"))
        expect(try site.baigo("set", "tiny", "context=", "device="), endsWith: .done)
        expect(try run(site), endsWith: .done)
    }

    @Test func optionsTravelWithACopyOfTheStore() throws {
        let site = try site()
        expect(try site.baigo("set", "tiny", "memory=4K", "mmap=false"), endsWith: .done)
        expect(try site.baigo("store", "copy", "--to", "copy"), endsWith: .done)
        expect(try run(site, "--home", "copy"), endsWith: .engine, identifier: "engine.does-not-fit")
    }

    @Test(arguments: [
        "context", "context=x", "context=0", "colour=red", "colour=", "=1", "mlock=yes", "mlock=", "gpu-layers=-1",
        "memory=1X", "threads=0", "split-mode=x", "temperature=1", "context=--help",
    ])
    func wrongKeysAndValuesChangeNothing(option: String) throws {
        let site = try site()
        let before = try site.snapshot("home")
        let isClearing = option == "mlock="
        let result = try site.baigo("set", "tiny", "numa=isolate", option, "--json")
        expect(result, endsWith: isClearing ? .done : .usage)
        if !isClearing { #expect(try site.snapshot("home") == before) }
    }

    @Test func itIsForNamesOfTheStore() throws {
        let site = try site()
        expect(try site.baigo("set", "nobody", "context=1"), endsWith: .notFound)
        expect(try site.baigo("set", "tiny:1", "context=1"), endsWith: .usage)
        expect(try site.baigo("set", "tiny", "context=1", "context=2"), endsWith: .usage)
        expect(try site.baigo("set", "./tiny.gguf", "context=1"), endsWith: .usage)
        try site.write(Data("context=-5\n".utf8), to: "home/models/_/tiny/options")
        expect(try run(site), endsWith: .usage, identifier: "usage")
        try site.write(Data("context".utf8), to: "home/models/_/tiny/options")
        expect(try run(site), endsWith: .invalidContent)
    }
}
