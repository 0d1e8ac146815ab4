// SPDX-License-Identifier: Apache-2.0

internal import SystemPackage

/// What an argument names: a file or folder, or a model of the store.
///
/// A path starts with `/`, `./` or `../`, or ends like a model file or package; everything else is a name.
enum ModelArgument: Equatable {
    case path(FilePath)
    case name(String)

    private static let pathPrefixes = ["/", "./", "../"]
    private static let pathSuffixes = [".gguf", ".baimodel", ".baiengine", ".tar", ".tar.gz", ".tar.zst"]

    init(_ text: String) {
        let isPath =
            text == "." || text == ".." || Self.pathPrefixes.contains(where: text.hasPrefix)
            || Self.pathSuffixes.contains(where: text.lowercased().hasSuffix)
        self = isPath ? .path(FilePath(text)) : .name(text)
    }
}
