// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import BundleKit
internal import EngineWire
internal import SystemPackage

/// The libraries that a program or library of an engine loads, as the dynamic linker of this host finds them.
///
/// The linker is asked, which runs nothing of what it looks at; ld.so(8), `LD_TRACE_LOADED_OBJECTS`. For engines in use
/// only.
enum LinkedLibraries {
    /// The C library and the linker belong to the host, and so do libraries of a driver, and ROCm, whose libraries look for
    /// gigabytes of kernels beside themselves.
    private static let hostNames = [
        "ld-linux", "linux-vdso", "linux-gate", "libc.so", "libm.so", "libmvec.so", "libdl.so", "libpthread.so",
        "librt.so", "libresolv.so", "libutil.so", "libanl.so", "libnss_", "libcuda.so", "libnvidia-", "libvulkan.so",
        "libamdhip64.so", "libamd_comgr.so", "libhipblas.so", "libhipblaslt.so", "libhsa-runtime64.so", "librocblas.so",
        "librocprofiler-register.so", "librocroller.so", "librocsolver.so", "librocsparse.so",
    ]

    private static let linkers = ["/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1"]

    /// Lists what a file needs beyond the host, what its libraries need included.
    ///
    /// - Returns: Names with paths, in the order of loading.
    /// - Throws: `EngineError`, code `incompatible`, where something is not found; `CancellationError`.
    static func of(_ file: FilePath) throws -> [(name: String, path: FilePath)] {
        let shown = file.string.escapedForOneLine
        guard let linker = linkers.first(where: { isThere(FilePath($0)) }) else {
            throw EngineError(.incompatible, "the dynamic linker of this host is not where it is expected")
        }
        let process: ScannerProcess
        do throws(Errno) {
            process = try ScannerProcess(
                [linker, file.string], environment: ["LC_ALL": "C", "LD_TRACE_LOADED_OBJECTS": "1"])
        } catch {
            throw EngineError(.cannotStart, "cannot start \(linker): \(error.description)")
        }
        guard try process.wait(timeout: .seconds(30)) == .exited(status: 0) else {
            throw EngineError(
                .incompatible, "the libraries of \(shown) cannot be told",
                hint: "Run ldd on it; everything it needs has to be there.")
        }
        return try String(decoding: process.output, as: UTF8.self).split(separator: "\n").compactMap { line in
            let words = line.split(whereSeparator: \.isWhitespace).map(String.init)
            guard let name = words.first, !hostNames.contains(where: { base(name).hasPrefix($0) }) else { return nil }
            guard words.count >= 3, words[1] == "=>", words[2].hasPrefix("/") else {
                throw EngineError(
                    .incompatible, "\(shown) needs \(name.escapedForOneLine), which is not on this host",
                    hint: "Install it, or run scripts/bootstrap again.")
            }
            return (name, FilePath(words[2]))
        }
    }

    private static func base(_ name: String) -> String { name.split(separator: "/").last.map(String.init) ?? name }

    private static func isThere(_ path: FilePath) -> Bool {
        do throws(FileError) {
            _ = try OwnedDescriptor.open(reading: path)
            return true
        } catch {
            return false
        }
    }
}
