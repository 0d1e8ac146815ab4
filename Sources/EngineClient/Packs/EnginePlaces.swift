// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import SystemPackage

/// Where the parts of an engine in use are: beside the worker, beside libllama, or in the `bin` folder next to it.
struct EnginePlaces {
    private let folders: [FilePath]
    private let libraries: FilePath

    init(worker: FilePath, libraries: FilePath) {
        let bin = libraries.removingLastComponent().appending("bin")
        folders = [worker.removingLastComponent(), libraries, bin]
        self.libraries = libraries
    }

    /// A program of the engine; `nil` where there is none.
    func find(_ name: String) -> FilePath? {
        folders.first { Self.names(in: $0).contains(name) }?.appending(name)
    }

    /// The libraries that are backends; those that failed their proof lie elsewhere.
    ///
    /// - Throws: `FileError`.
    func backends() throws(FileError) -> [FilePath] {
        for folder in [libraries, libraries.removingLastComponent().appending("bin")] {
            let found = Self.names(in: folder).filter {
                $0.hasPrefix("libggml-") && $0.hasSuffix(".so") && !$0.hasPrefix("libggml-base")
            }
            if found.contains(where: { $0.hasPrefix("libggml-cpu") }) { return found.map { folder.appending($0) } }
        }
        return []
    }

    /// What set-up or activation wrote down of the engine; `nil` where nothing is.
    func record() -> JSONValue? {
        for folder in [libraries, libraries.removingLastComponent()] {
            do {
                return try JSONValue(strict: Folder.open(folder).bytes(of: "engine.json", limit: 1 << 20))
            } catch {
                // The next place may have one; an engine without a record is one for the processor.
                continue
            }
        }
        return nil
    }

    /// Texts of licences that came with the engine.
    ///
    /// - Throws: `FileError`.
    func licenses() throws(FileError) -> [(name: String, path: FilePath)] {
        let outer = libraries.removingLastComponent()
        let candidates = [
            outer.appending("package/licenses"), outer.appending("share/doc/llama.cpp"),
            outer.removingLastComponent().appending("share/doc/baigo"),
            outer.removingLastComponent().appending("share/doc/baigo/llama.cpp"),
        ]
        var found: [(name: String, path: FilePath)] = []
        for folder in candidates {
            for name in Self.names(in: folder) {
                let path = folder.appending(name)
                guard try Folder.open(folder).status(of: name)?.kind == .regular else { continue }
                let title = folder.lastComponent?.string == "baigo" ? "baigo-" + name : name
                if !found.contains(where: { $0.name == title }) { found.append((title, path)) }
            }
        }
        return found
    }

    private static func names(in folder: FilePath) -> [String] {
        do throws(FileError) { return try Folder.open(folder).names() } catch { return [] }
    }
}

/// Licences of libraries that a distribution brings and that packs carry along.
enum EngineLicense {
    private static let packages = [
        "libstdc++.so": "libstdc++6", "libgcc_s.so": "libgcc-s1", "libgomp.so": "libgomp1",
    ]

    /// The texts for those of the libraries that are known, as Debian installs them.
    static func texts(for libraries: [String]) -> [(name: String, path: FilePath)] {
        packages.sorted { $0.key < $1.key }.compactMap { library, package in
            guard libraries.contains(where: { $0.hasPrefix(library) }) else { return nil }
            let folder = FilePath("/usr/share/doc").appending(package)
            do throws(FileError) {
                guard try Folder.open(folder).status(of: "copyright")?.kind == .regular else { return nil }
                return (package + "-copyright", folder.appending("copyright"))
            } catch {
                // Minimal installations leave documentation out.
                return nil
            }
        }
    }
}
