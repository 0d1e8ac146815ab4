// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import BaigoCore

/// Load options that `baigo set` keeps for a model: the names of the options of the command line, and their values.
enum KeptOptions {
    /// Options that can be kept.
    static let keys = [
        "cache-type", "context", "device", "flash-attention", "gpu-layers", "main-gpu", "memory", "memory-limit",
        "mlock", "mmap", "numa", "split-mode", "threads",
    ]
    private static let flags: Set = ["mlock", "mmap"]

    /// Reads options as the command line would.
    ///
    /// - Parameter values: Values by keys.
    /// - Returns: The options.
    /// - Throws: `CLIError` for an unknown key, or a value that its option does not take.
    static func parse(_ values: [String: String]) throws(CLIError) -> SizeOptions {
        var arguments: [String] = []
        for (key, value) in values.sorted(by: { $0.key < $1.key }) { arguments.append(try argument(key, value)) }
        do {
            return try SizeOptions.parse(arguments)
        } catch {
            throw CLIError(.usage, SizeOptions.message(for: error), hint: "See baigo help run for the options.")
        }
    }

    /// The error for a key that is none of these.
    static func unknown(_ key: String) -> CLIError {
        CLIError(
            .usage, "“\(key.escapedForOneLine)” is no option that is kept for a model",
            hint: "There are \(keys.joined(separator: ", ")).")
    }

    private static func argument(_ key: String, _ value: String) throws(CLIError) -> String {
        guard keys.contains(key) else { throw unknown(key) }
        guard flags.contains(key) else { return "--\(key)=\(value)" }
        switch value {
        case "true": return "--\(key)"
        case "false": return "--no-\(key)"
        default: throw CLIError(.usage, "\(key) is true or false, not “\(value.escapedForOneLine)”")
        }
    }
}
