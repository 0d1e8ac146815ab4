// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore

/// What the front matter of a model's card says in plain lines and plain lists.
///
/// Only `key: value` lines without indentation are read, lists of such values as `- value` lines or in brackets, never
/// YAML as such: nested values, block texts, anchors and tags are passed over.
///
/// Source: Hugging Face Hub, "Model Cards", metadata section.
struct ModelCard: Equatable {
    /// Bytes of a card that are looked at.
    static let maximumBytes = 64 << 10
    private static let maximumListCount = 64

    /// The values that are kept, by key: one or, of those that can have more, several.
    private(set) var values: [String: String] = [:]
    private(set) var lists: [String: [String]] = [:]

    private static let keys: Set<String> = [
        "base_model", "language", "library_name", "license", "license_link", "license_name", "model_name",
        "pipeline_tag",
    ]
    private static let listKeys: Set<String> = ["base_model", "language", "tags"]

    /// Reads the start of a card; a card without front matter has no values.
    init(reading bytes: [UInt8]) {
        let text = String(decoding: bytes.prefix(Self.maximumBytes), as: UTF8.self)
        let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        guard lines.first?.trimmingBlanks == "---",
            let end = lines.dropFirst().firstIndex(where: { $0.trimmingBlanks == "---" })
        else { return }
        var list: String?
        for line in lines[1..<end] {
            if let key = list, line.trimmingBlanks.hasPrefix("- ") {
                add(line.trimmingBlanks.dropFirst(2), to: key)
                continue
            }
            list = nil
            guard let colon = line.firstIndex(of: ":") else { continue }
            let key = String(line[..<colon])
            let rest = line[line.index(after: colon)...].trimmingBlanks
            guard values[key] == nil, lists[key] == nil else { continue }
            if Self.listKeys.contains(key), rest.isEmpty {
                list = key
            } else if Self.listKeys.contains(key), rest.first == "[", rest.last == "]" {
                for item in rest.dropFirst().dropLast().split(separator: ",") { add(item, to: key) }
            } else if Self.keys.contains(key), let value = Self.scalar(rest) {
                values[key] = value
            }
        }
    }

    private mutating func add(_ text: Substring, to key: String) {
        guard let value = Self.scalar(text), lists[key, default: []].count < Self.maximumListCount else { return }
        lists[key, default: []].append(value)
    }

    /// All values of a key that can have several.
    func all(_ key: String) -> [String] { lists[key] ?? values[key].map { [$0] } ?? [] }

    /// Everything that was read.
    var json: [String: JSONValue] {
        values.mapValues { .string($0) }.merging(lists.mapValues { .array($0.map { .string($0) }) }) { $1 }
    }

    private static func scalar(_ text: Substring) -> String? {
        var value = text.trimmingBlanks
        if let quote = value.first, quote == "\"" || quote == "'" {
            let inner = value.dropFirst()
            guard let end = inner.firstIndex(of: quote), !inner[..<end].contains("\\") else { return nil }
            value = inner[..<end]
        } else {
            if let comment = value.firstRange(of: " #") { value = value[..<comment.lowerBound].trimmingBlanks }
            guard let first = value.first, !"[]{}&*!|>%@`#-".contains(first) else { return nil }
        }
        return value.isEmpty || value.utf8.count > 256 ? nil : String(value)
    }
}

extension Substring {
    fileprivate var trimmingBlanks: Substring {
        var rest = drop { $0 == " " || $0 == "\t" }
        while rest.last == " " || rest.last == "\t" { rest.removeLast() }
        return rest
    }
}
