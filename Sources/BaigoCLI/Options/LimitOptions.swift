// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import BaigoCore

/// What a worker may use.
struct MemoryOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            """
            Private memory that the engine may use, such as 8GiB or 8G: context, buffers, and weights that are not mapped \
            from their file (default: what the machine has).
            """, valueName: "size"))
    var memoryLimit: String?

    /// The limit in bytes.
    var bytes: UInt64? { memoryLimit.flatMap { ByteCount(memory: $0) }.map { UInt64($0.bytes) } }

    func validate() throws {
        guard let memoryLimit else { return }
        guard let size = ByteCount(memory: memoryLimit), size.bytes >= 128 << 20 else {
            throw ValidationError("--memory-limit is a size from 128MiB up, such as 8GiB or 8G.")
        }
    }
}

/// How long an answer may let wait for itself.
struct FirstTokenOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "End with an error when reading the prompt takes longer (default: as long as the engine shows life).",
            valueName: "seconds"))
    var firstTokenLimit: Double?

    /// The limit.
    var limit: Duration? { firstTokenLimit.map { .milliseconds(Int64($0 * 1000)) } }

    func validate() throws {
        if let firstTokenLimit, !(0.001...86_400).contains(firstTokenLimit) {
            throw ValidationError("--first-token-limit is a number of seconds up to 86400.")
        }
    }
}
