// SPDX-License-Identifier: Apache-2.0

package import BaigoCore

extension PackageWriter {
    /// Packages files in a container of that format.
    ///
    /// - Throws: As `write` for a `.baimodel`; `BundleError`, code `invalidRequest`, for a folder on a pipe.
    package static func write(
        _ plan: PackagePlan, as format: PackageFormat, to target: PackageTarget, signing: Signing? = nil,
        progress: any ProgressObserver = SilentProgress()
    ) throws -> WrittenPackage {
        try write(try PlannedInput(plan), as: format, to: target, signing: signing, progress: progress)
    }

    /// Packages a package again in a container of that format: its manifest, list and signatures byte for byte.
    ///
    /// From one that came without a manifest a new package is made, which is unsigned unless `signing` signs it.
    ///
    /// - Throws: As `rewrite` for a `.baimodel`; `BundleError`, code `invalidRequest`, for a folder on a pipe.
    package static func rewrite(
        _ stored: PackageReader, as format: PackageFormat, to target: PackageTarget, signing: Signing? = nil,
        progress: any ProgressObserver = SilentProgress()
    ) throws -> WrittenPackage {
        guard !stored.hasMadeManifest else {
            return try write(try RepackedInput(stored), as: format, to: target, signing: signing, progress: progress)
        }
        return try write(try StoredInput(stored), as: format, to: target, signing: signing, progress: progress)
    }

    /// Bytes of the container before compression, without a signature.
    ///
    /// - Throws: As `measure` for a `.baimodel`.
    package static func measure(_ plan: PackagePlan, as format: PackageFormat) throws -> ByteCount {
        try format == .baimodel ? measure(plan) : ByteCount(BundleJob.size(of: try PlannedInput(plan)))
    }

    /// Bytes of the container that `rewrite` makes, before compression, without a signature.
    ///
    /// - Throws: As `measure` for a `.baimodel`.
    package static func measure(_ stored: PackageReader, as format: PackageFormat) throws -> ByteCount {
        guard format != .baimodel else { return try measure(stored) }
        return try ByteCount(
            stored.hasMadeManifest
                ? BundleJob.size(of: try RepackedInput(stored)) : BundleJob.size(of: try StoredInput(stored)))
    }

    private static func write(
        _ input: some PackageInput, as format: PackageFormat, to target: PackageTarget, signing: Signing?,
        progress: any ProgressObserver
    ) throws -> WrittenPackage {
        let compression: ArchiveCompressor.Method?
        switch format {
        case .baimodel: return try write(input, to: target, signing: signing, progress: progress)
        case .folder:
            guard case .file(let path, _, _) = target else {
                throw BundleError(.invalidRequest, "a folder cannot be written to a pipe", hint: "Name a folder.")
            }
            return try FolderJob(input: input, progress: progress).run(path, signing: signing)
        case .tar: compression = nil
        case .tarGzip: compression = .gzip
        case .tarZstandard: compression = .zstandard
        }
        return try BundleJob(input: input, compression: compression, progress: progress)
            .run(to: target, signing: signing)
    }
}
