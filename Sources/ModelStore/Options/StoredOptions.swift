// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import BundleKit

/// Options that a person keeps for a model, in a file beside its versions: a line `key=value` for each.
///
/// The store knows keys and values by their form alone.
package struct StoredOptions: Sendable, Equatable {
    private static let maximumOptions = 64
    private static let maximumBytes = 256

    /// Values by their keys.
    package var values: [String: String] = [:]

    /// Makes options that say nothing.
    package init() {}

    /// Whether a key or value could be stored: 1 to 256 bytes, a key of small letters and hyphens, a value without control characters.
    package static func isStorable(key: String, value: String) -> Bool {
        let keyIsPlain = key.utf8.allSatisfy { (0x61...0x7A).contains($0) || $0 == UInt8(ascii: "-") }
        return keyIsPlain && (1...maximumBytes).contains(key.utf8.count)
            && (1...maximumBytes).contains(value.utf8.count)
            && value.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value) }
    }

    /// Reads the options in the folder of a model; none where there is no file.
    ///
    /// - Throws: `FileError`; `StoreError`, code `damaged`.
    init(of model: Folder) throws {
        guard let bytes = try model.bytesIfPresent(of: StoreLayout.options, limit: 1 << 16) else { return }
        let text = String(decoding: bytes, as: UTF8.self)
        for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
            let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2, Self.isStorable(key: parts[0], value: parts[1]), values[parts[0]] == nil else {
                throw StoreError.damagedFile(
                    model.path(of: StoreLayout.options), "has the malformed line \(String(line).escapedForOneLine)")
            }
            values[parts[0]] = parts[1]
        }
        guard text.isEmpty || text.hasSuffix("\n"), values.count <= Self.maximumOptions else {
            throw StoreError.damagedFile(model.path(of: StoreLayout.options), "was cut off or is too long")
        }
    }

    /// Writes the options into the folder of a model, whole or not at all.
    ///
    /// - Throws: `FileError`.
    func write(into model: Folder) throws(FileError) {
        if values.isEmpty {
            guard try model.status(of: StoreLayout.options) != nil else { return }
            try model.removeFile(StoreLayout.options)
            try model.sync()
        } else {
            let lines = values.sorted { $0.key.precedesBytewise($1.key) }.map { "\($0.key)=\($0.value)\n" }
            try model.publish(Array(lines.joined().utf8), as: StoreLayout.options)
        }
    }
}
