// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import TOMLKit

extension PolicyDocument {
    /// The text of a policy with one value changed; comments are lost.
    ///
    /// - Parameters:
    ///   - key: `table.key`.
    ///   - value: In TOML; what is not is a text.
    ///   - bytes: The policy before; `nil` where there is none.
    /// - Returns: A text that is a policy.
    /// - Throws: `PolicyError`, code `malformed`.
    package static func setting(_ key: String, to value: String, in bytes: [UInt8]?) throws(PolicyError) -> [UInt8] {
        if let bytes { _ = try PolicyDocument(reading: bytes) }
        let parts = key.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else {
            throw .malformed(
                "has no single value \(key.escapedForOneLine); entries of lists of tables are changed in a file")
        }
        let root: TOMLTable
        do {
            root = try TOMLTable(string: bytes.map { String(decoding: $0, as: UTF8.self) } ?? "schema = 1\n")
        } catch {
            throw .malformed("is not valid TOML")
        }
        let table = root[parts[0]]?.table ?? TOMLTable()
        table[parts[1]] = parsed(value)
        if root[parts[0]] == nil { root[parts[0]] = table }
        let changed = Array((root.convert() + "\n").utf8)
        _ = try PolicyDocument(reading: changed)
        return changed
    }

    private static func parsed(_ value: String) -> any TOMLValueConvertible {
        let isOneLine = !value.contains { $0.isNewline }
        if isOneLine, let table = try? TOMLTable(string: "value = " + value), table.keys == ["value"],
            let read = table["value"]
        {
            return read
        }
        return value
    }
}
