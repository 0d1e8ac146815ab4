// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import BundleKit

/// What can be said of an import before any data is read.
struct ImportDecision {
    let package: any ImportablePackage

    /// How the package stands to the versions of its name.
    func standing(among versions: [StoredVersion]) -> ImportPreview.Standing {
        let same = versions.first { $0.identity == package.identity }
        if let present = same ?? versions.first(where: { $0.version == number && $0.content == package.content }) {
            return .present(present)
        }
        let numbered = versions.filter { $0.version == number }
        return numbered.isEmpty ? .new : .conflicting(numbered)
    }

    private var number: PackageVersion { package.manifest.version }

    /// Refuses a name or version that is in the store with other case.
    ///
    /// - Throws: `StoreError`, code `nameConflict`.
    func checkSpelling(names: [PackageName], versions: [StoredVersion]) throws(StoreError) {
        let name = package.manifest.name
        let isClash: (String, String) -> Bool = { $0 != $1 && $0.lowercased() == $1.lowercased() }
        let clash =
            names.first { isClash($0.description, name.description) }?.description
            ?? versions.first { isClash($0.version.description, number.description) }?.reference.description
        guard let clash else { return }
        throw StoreError(
            .nameConflict, "\(name):\(number) differs from \(clash) of the store only in case",
            hint: "Package it again with the same spelling, or remove \(clash) first.")
    }

    /// Refuses content that would take the place of other content.
    ///
    /// - Throws: `StoreError`, code `alreadyExists`.
    func checkConflict(_ standing: ImportPreview.Standing, isReplacing: Bool) throws(StoreError) {
        guard case .conflicting(let others) = standing, !isReplacing, let other = others.first else { return }
        throw StoreError(
            .alreadyExists, "Model already exists: \(other.exactReference) has other content than this package",
            hint: "Use --replace to keep both; \(other.reference) then means the new one.")
    }

    /// Bytes of the contents that the store does not hold, each as often as it is written: twice where files cannot
    /// have two names.
    ///
    /// `staged` is the room that parts of some of them take already.
    func needed(
        isHeld: (SHA256Digest, Int64) throws -> Bool, staged: [SHA256Digest: Int64] = [:], copies: Int = 1
    ) rethrows -> ByteCount {
        var sizes: [SHA256Digest: Int64] = [:]
        for file in package.files { sizes[file.sha256] = file.size }
        var total: Int64 = 0
        for (digest, size) in sizes {
            let isHeld = try isHeld(digest, size)
            let bytes = repeatElement(size, count: isHeld ? copies - 1 : copies).clampedSum
            let present = isHeld ? 0 : min(staged[digest] ?? 0, size)
            total = total.clampedAdding(max(bytes - present, 0))
        }
        return ByteCount(total)
    }

    /// Room that contents of so many bytes need, with some for receipt, index and folders.
    static func room(for needed: ByteCount) -> ByteCount {
        ByteCount(needed.bytes.clampedAdding(1 << 20))
    }

    /// Refuses what does not fit.
    ///
    /// - Throws: `FileError`, code `noSpace`, with both numbers.
    func checkSpace(needed: ByteCount, free: ByteCount, at path: String) throws(FileError) {
        guard needed > free else { return }
        throw FileError(
            .noSpace,
            "\(package.manifest.name) needs \(needed) in \(path.escapedForTerminal), where \(free) are free",
            hint: "Free some space, or remove models with baigo remove.")
    }
}
