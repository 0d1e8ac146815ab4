// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore

/// A model's place on the Hugging Face Hub.
struct HubSnapshot: Equatable {
    /// `owner/name`.
    let repository: String
    /// The commit.
    let revision: String

    var owner: String? { repository.split(separator: "/").first.map(String.init) }
    var name: String? { repository.split(separator: "/").last.map(String.init) }

    /// Recognises a folder of the Hub's cache by its path: `…/models--owner--name/snapshots/<commit>`.
    ///
    /// Source: huggingface_hub, "Understand caching".
    init?(folder parts: [String]) {
        guard parts.count >= 3, parts[parts.count - 2] == "snapshots" else { return nil }
        let names = parts[parts.count - 3].components(separatedBy: "--")
        guard names.count == 3, names[0] == "models", !names[1].isEmpty, !names[2].isEmpty else { return nil }
        repository = "\(names[1])/\(names[2])"
        revision = parts[parts.count - 1]
    }

    /// `owner/name` of the address of a repository on the Hub.
    static func repository(of address: String) -> String? {
        for prefix in ["https://huggingface.co/", "https://hf.co/"] where address.hasPrefix(prefix) {
            let parts = address.dropFirst(prefix.count).split(separator: "/", omittingEmptySubsequences: false)
            guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty && $0.utf8.count <= 128 }) else { return nil }
            guard parts[0] != "datasets", parts[0] != "spaces" else { return nil }
            return parts.joined(separator: "/")
        }
        return nil
    }
}

extension String {
    /// The parts between `separator`, empty ones too.
    fileprivate func components(separatedBy separator: String) -> [String] {
        var parts: [String] = []
        var rest = self[...]
        while let range = rest.firstRange(of: separator) {
            parts.append(String(rest[..<range.lowerBound]))
            rest = rest[range.upperBound...]
        }
        return parts + [String(rest)]
    }
}
