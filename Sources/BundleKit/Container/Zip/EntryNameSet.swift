// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore

/// The names of a container, kept apart as the least exact file system would.
///
/// A name that differs from an earlier one only in case or normalization, in any of its parts, is refused; so is a file
/// that another entry needs as a folder. Time and memory grow with the bytes of the names alone.
struct EntryNameSet {
    private struct Key: Hashable {
        let parent: Int
        let part: String
    }

    private struct Node {
        let number: Int
        let spelling: [UInt8]
        var isFolder: Bool
        var isListed: Bool
    }

    private var nodes: [Key: Node] = [:]

    /// Adds a valid name.
    ///
    /// - Throws: `BundleError`, code `duplicateEntry`.
    mutating func insert(_ name: String, isFolder: Bool) throws(BundleError) {
        var parent = 0
        let parts = name.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        for (index, bytes) in parts.enumerated() {
            let isLast = index == parts.count - 1
            let key = Key(parent: parent, part: EntryName.folded(String(decoding: bytes, as: UTF8.self)))
            guard var node = nodes[key] else {
                let node = Node(
                    number: nodes.count + 1, spelling: Array(bytes), isFolder: !isLast || isFolder, isListed: isLast)
                nodes[key] = node
                parent = node.number
                continue
            }
            guard node.spelling.elementsEqual(bytes) else {
                throw Self.refusal(.folded, name, "differs from another only in case or normalization")
            }
            guard node.isFolder, !isLast || isFolder else {
                guard isLast, !isFolder, !node.isFolder else {
                    throw Self.refusal(.fileAndFolder, name, "is a file and a folder at once")
                }
                throw Self.refusal(.twice, name, "is there twice")
            }
            if isLast {
                guard !node.isListed else { throw Self.refusal(.twice, name, "is there twice") }
                node.isListed = true
                nodes[key] = node
            }
            parent = node.number
        }
    }

    static func refusal(_ rule: DuplicateRule, _ name: String, _ reason: String) -> BundleError {
        BundleError(
            breaking: rule, "validation failed: the entry \(name.escapedForOneLine) \(reason)",
            hint: "Ask the sender for a new copy of the package.")
    }
}
