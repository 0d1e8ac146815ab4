// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import TOMLKit

/// One table of a policy, read strictly: a key that is not known or of another type is an error.
struct PolicyTable {
    private static let maximumElements = 4096
    private static let maximumTextBytes = 1024
    private let table: TOMLTable
    /// `license` for `[license]`; empty for the document.
    private let name: String

    /// Takes the whole document.
    ///
    /// - Throws: `PolicyError`, code `malformed`.
    init(parsing text: String) throws(PolicyError) {
        let parsed: TOMLTable
        do {
            parsed = try TOMLTable(string: text)
        } catch let error as TOMLParseError {
            throw .malformed(
                "is not valid TOML: \(error.description.escapedForOneLine), \(error.source.begin.debugDescription)")
        } catch {
            throw .malformed("is not valid TOML: \("\(error)".escapedForOneLine)")
        }
        table = parsed
        name = ""
    }

    private init(_ table: TOMLTable, _ name: String, knowing keys: Set<String>) throws(PolicyError) {
        self.table = table
        self.name = name
        try check(knowing: keys)
    }

    /// Refuses keys that are not known.
    ///
    /// - Throws: `PolicyError`, code `malformed`.
    func check(knowing keys: Set<String>) throws(PolicyError) {
        for key in table.keys.sorted() where !keys.contains(key) {
            throw .malformed(
                "has the unknown key \(path(of: key).escapedForOneLine); known here: "
                    + keys.sorted().joined(separator: ", "))
        }
    }

    /// Keys that are there, each with the table's name before it.
    var statedKeys: [String] { table.keys.map(path(of:)) }

    /// A text.
    func string(_ key: String) throws(PolicyError) -> String? {
        guard let value = table[key] else { return nil }
        return try text(value, key)
    }

    /// A word out of a list.
    func word<Word: RawRepresentable & CaseIterable>(_ key: String, _ kind: Word.Type) throws(PolicyError) -> Word?
    where Word.RawValue == String {
        guard let text = try string(key) else { return nil }
        guard let word = Word(rawValue: text) else {
            let words = Word.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
            throw wrong(key, "one of \(words)")
        }
        return word
    }

    /// A list of texts.
    func strings(_ key: String) throws(PolicyError) -> [String]? {
        guard let value = table[key] else { return nil }
        guard let array = value.array else { throw wrong(key, "a list of texts") }
        guard array.count <= Self.maximumElements else { throw wrong(key, "at most \(Self.maximumElements) long") }
        var texts: [String] = []
        for element in array { texts.append(try text(element, key)) }
        return texts
    }

    /// A whole number within a range.
    func integer(_ key: String, in range: ClosedRange<Int64>) throws(PolicyError) -> Int64? {
        guard let value = table[key] else { return nil }
        guard let number = value.int, range.contains(Int64(number)) else {
            throw wrong(key, "a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return Int64(number)
    }

    /// `true` or `false`.
    func bool(_ key: String) throws(PolicyError) -> Bool? {
        guard let value = table[key] else { return nil }
        guard let truth = value.bool else { throw wrong(key, "true or false") }
        return truth
    }

    /// A day, from its start in UTC.
    func date(_ key: String) throws(PolicyError) -> Timestamp? {
        guard let value = table[key] else { return nil }
        guard let date = value.date else { throw wrong(key, "a date, 2026-01-31 for example") }
        let digits: (Int, Int) -> String = { number, count in
            let text = String(number)
            return String(repeating: "0", count: max(0, count - text.count)) + text
        }
        guard
            let time = Timestamp("\(digits(date.year, 4))-\(digits(date.month, 2))-\(digits(date.day, 2))T00:00:00Z")
        else { throw wrong(key, "a date of the calendar") }
        return time
    }

    /// A number of bytes: a whole number, or a text such as `64GiB`.
    func bytes(_ key: String) throws(PolicyError) -> ByteCount? {
        guard let value = table[key] else { return nil }
        let form = "a number of bytes, or a text such as \"64GiB\" or \"100GB\""
        if let number = value.int {
            guard number >= 0 else { throw wrong(key, form) }
            return ByteCount(number)
        }
        guard let count = ByteCount(spelled: try string(key) ?? "") else { throw wrong(key, form) }
        return count
    }

    /// A table inside this one.
    func table(_ key: String, knowing keys: Set<String>) throws(PolicyError) -> PolicyTable? {
        guard let value = table[key] else { return nil }
        guard let inner = value.table else { throw wrong(key, "a table, [\(path(of: key))]") }
        return try PolicyTable(inner, path(of: key), knowing: keys)
    }

    /// A list of tables inside this one.
    func tables(_ key: String, knowing keys: Set<String>) throws(PolicyError) -> [PolicyTable] {
        guard let value = table[key] else { return [] }
        guard let array = value.array else { throw wrong(key, "a list of tables, [[\(path(of: key))]]") }
        guard array.count <= Self.maximumElements else { throw wrong(key, "at most \(Self.maximumElements) long") }
        var tables: [PolicyTable] = []
        for element in array {
            guard let inner = element.table else { throw wrong(key, "a list of tables, [[\(path(of: key))]]") }
            tables.append(try PolicyTable(inner, path(of: key), knowing: keys))
        }
        return tables
    }

    /// Says what a value must be.
    func wrong(_ key: String, _ form: String) -> PolicyError { .malformed("needs \(path(of: key)) to be \(form)") }

    /// Says that a value is missing.
    func missing(_ key: String) -> PolicyError { .malformed("lacks \(path(of: key))") }

    private func path(of key: String) -> String { name.isEmpty ? key : name + "." + key }

    private func text(_ value: any TOMLValueConvertible, _ key: String) throws(PolicyError) -> String {
        guard let text = value.string else { throw wrong(key, "text") }
        guard !text.isEmpty, text.utf8.count <= Self.maximumTextBytes,
            !text.unicodeScalars.contains(where: { $0.isTerminalControl || $0.isZeroWidth })
        else { throw wrong(key, "text of 1 to \(Self.maximumTextBytes) bytes without control characters") }
        return text
    }
}
