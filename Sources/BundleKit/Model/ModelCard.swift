// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore

/// The plain lines of a model card's front matter.
///
/// Only `key: value` lines without indentation are read, never YAML as such: nested values, lists, block texts,
/// anchors and tags are passed over.
///
/// Source: Hugging Face Hub, "Model Cards", metadata section.
struct ModelCard: Equatable {
    /// Bytes of a card that are looked at.
    static let maximumBytes = 64 << 10

    /// The lines that are kept.
    private(set) var values: [String: String] = [:]

    private static let keys: Set<String> = [
        "base_model", "language", "library_name", "license", "license_link", "license_name", "model_name",
        "pipeline_tag",
    ]

    /// Reads the start of a card; a card without front matter has no values.
    init(reading bytes: [UInt8]) {
        let text = String(decoding: bytes.prefix(Self.maximumBytes), as: UTF8.self)
        let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        guard lines.first?.trimmingBlanks == "---",
            let end = lines.dropFirst().firstIndex(where: { $0.trimmingBlanks == "---" })
        else { return }
        for line in lines[1..<end] {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let key = String(line[..<colon])
            guard Self.keys.contains(key), values[key] == nil,
                let value = Self.scalar(line[line.index(after: colon)...])
            else { continue }
            values[key] = value
        }
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
