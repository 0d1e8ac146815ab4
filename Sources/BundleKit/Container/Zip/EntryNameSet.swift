// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore

/// The names of a container, kept apart as the least exact file system would.
///
/// A name that differs from an earlier one only in case or normalization, in any of its parts, is refused; so is a file
/// that another entry needs as a folder. Time grows with the bytes of the names alone, memory with files and folders.
struct EntryNameSet {
    private struct Key: Hashable {
        let parent: Int
        let part: String
    }

    private struct Node {
        let number: Int
        let spelling: String
        var isFolder: Bool
        var isListed: Bool
    }

    private var nodes: [Key: Node] = [:]
    private var folderCount = 0

    /// Adds a valid name.
    ///
    /// - Throws: `BundleError`: `duplicateEntry`; `tooManyEntries` when there are more folders than there may be files.
    mutating func insert(_ name: String, isFolder: Bool) throws(BundleError) {
        var parent = 0
        let parts = name.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        for (index, bytes) in parts.enumerated() {
            let isLast = index == parts.count - 1
            let spelling = String(decoding: bytes, as: UTF8.self)
            let key = Key(parent: parent, part: EntryName.folded(spelling))
            guard var node = nodes[key] else {
                let node = Node(
                    number: nodes.count + 1, spelling: spelling, isFolder: !isLast || isFolder, isListed: isLast)
                nodes[key] = node
                if node.isFolder { folderCount += 1 }
                guard folderCount <= ZipFormat.maximumEntries else {
                    throw BundleError(.tooManyEntries, "validation failed: the entries are in more than 65,536 folders")
                }
                parent = node.number
                continue
            }
            guard node.spelling.utf8.elementsEqual(bytes) else {
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
