// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore

extension PackageName {
    /// The name of a model that was given none, made from words of its source.
    ///
    /// Each part is the first candidate that has a letter or digit, in lower case, with every character but ASCII
    /// letters, digits, `.`, `_` and `-` replaced by `-`, runs of `-` made one, the endings of model files and the
    /// numbers of shards removed, nothing but letters and digits at both ends, and at most 128 bytes. Without any
    /// candidate the model is called `model`. The rule is described in `docs/model-files.md`.
    ///
    /// - Parameters:
    ///   - candidates: The model's name for people, then names of its files, best first.
    ///   - publisher: Who publishes it; nothing for a name of one part.
    /// - Returns: A name that `init(validating:)` takes.
    package static func derived(from candidates: [String], publisher: String?) -> PackageName {
        let model = candidates.lazy.compactMap(part(from:)).first ?? "model"
        return PackageName(derivedPublisher: publisher.flatMap(part(from:)), model: model)
    }

    private static func part(from text: String) -> String? {
        var part: [UInt8] = []
        for scalar in text.lowercased().unicodeScalars {
            let byte = UInt8(exactly: scalar.value).flatMap { isKept($0) ? $0 : nil } ?? UInt8(ascii: "-")
            if byte != UInt8(ascii: "-") || part.last != byte { part.append(byte) }
        }
        var name = trimmed(part[...])
        while let shorter = withoutEnding(name) { name = trimmed(shorter) }
        if name.count > 128 {
            name = trimmed(name.prefix(128))
            while let shorter = withoutEnding(name) { name = trimmed(shorter) }
        }
        return name.isEmpty ? nil : String(decoding: name, as: UTF8.self)
    }

    private static func isKept(_ byte: UInt8) -> Bool { isAlphanumeric(byte) || "._-".utf8.contains(byte) }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"): true
        default: false
        }
    }

    private static func trimmed(_ part: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var rest = part.drop { !isAlphanumeric($0) }
        while let last = rest.last, !isAlphanumeric(last) { rest.removeLast() }
        return rest
    }

    private static func withoutEnding(_ part: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        let text = String(decoding: part, as: UTF8.self)
        for ending in [".gguf", ".baimodel", ".baiengine", ".safetensors", ".onnx"] where text.hasSuffix(ending) {
            return part.dropLast(ending.utf8.count)
        }
        return ShardName(text + ".gguf").map { part.prefix($0.prefix.utf8.count) }
    }
}
