// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import BundleKit

/// What a package says of itself, for a person.
enum PackageCard {
    /// Name, format, size, origin and what is included, a line each.
    static func text(_ manifest: Manifest, identity: SHA256Digest?, packageSize: ByteCount?) -> String {
        var card = TextCard()
        card.add("name", manifest.name.description)
        card.add("version", manifest.version.description)
        card.add("title", manifest.displayName)
        card.add("format", manifest.format)
        card.add("architecture", manifest.architecture)
        card.add("parameters", manifest.parameters.map(shortCount))
        card.add("quantization", manifest.quantization)
        card.add("context", manifest.contextLength.map { "\($0) tokens" })
        card.add("licence", manifest.licenseID)
        card.add("publisher", manifest.publisher)
        card.add("made from", list(manifest.baseModels))
        card.add("task", manifest.task)
        card.add("languages", list(manifest.languages))
        card.add("tags", list(manifest.tags))
        card.add("repository", manifest.repository)
        card.add("revision", manifest.revision)
        card.add("source", manifest.sourceURL)
        card.add(
            "made",
            [manifest.createdAt, manifest.createdBy.map { "by \($0)" }].compactMap(\.self).joined(separator: " "))
        card.add("identity", identity?.description)
        card.add("files", "\(manifest.files.count), \(ByteCount(manifest.totalSize))")
        card.add("package size", packageSize.map { "\($0) (\($0.bytes) bytes)" })
        return card.text
    }

    private static func list(_ texts: [String]) -> String? { texts.isEmpty ? nil : texts.joined(separator: ", ") }

    /// Each file with role and size.
    static func contents(_ manifest: Manifest) -> String {
        var table = TextTable("FILE", "ROLE", "SIZE")
        table.rows = manifest.files.map { [$0.path, $0.roleName, ByteCount($0.size).description] }
        return table.text
    }

    /// `7.62 B`, `260 K`: three figures, powers of a thousand.
    static func shortCount(_ count: Int64) -> String {
        var value = Double(count)
        var unit = 0
        let units = ["", " K", " M", " B", " T"]
        while value >= 1000, unit < units.count - 1 {
            value /= 1000
            unit += 1
        }
        guard unit > 0 else { return String(count) }
        let decimals: Double = value < 10 ? 100 : value < 100 ? 10 : 1
        let rounded = (value * decimals).rounded() / decimals
        return (rounded == rounded.rounded() ? String(Int(rounded)) : String(rounded)) + units[unit]
    }
}
