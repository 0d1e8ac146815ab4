// SPDX-License-Identifier: Apache-2.0

package import BaigoCore
internal import BundleKit
package import SystemPackage

/// Where a damaged content may be found again.
package enum RepairSource: Sendable {
    /// A package, or one file that may be the content itself.
    case file(OwnedDescriptor)
    /// A folder with files and packages in it: an unpacked package, a medium, another store.
    case folder(Folder)

    /// Folders in folders that are looked into.
    private static let maximumDepth = 32

    /// Opens a path.
    ///
    /// - Throws: `FileError`.
    package init(at path: FilePath) throws(FileError) {
        if try FileStatus.of(path).kind == .folder {
            self = .folder(try Folder.open(path))
        } else {
            self = .file(try OwnedDescriptor.open(reading: path))
        }
    }

    /// Offers everything that is there until nothing more is wanted; links are not followed.
    ///
    /// - Throws: `FileError`; `CancellationError`; `BundleError` of a single package.
    func offer(to area: RepairArea, progress: any ProgressObserver) throws {
        switch self {
        case .file(let file):
            if try area.take(file) { return }
            try Self.offer(file, to: area, progress)
        case .folder(let folder): try Self.offer(folder, to: area, progress, depth: 0)
        }
    }

    private static func offer(_ file: OwnedDescriptor, to area: RepairArea, _ progress: any ProgressObserver) throws {
        let package = try PackageReader.open(stream: file)
        for bytes in [package.checksumsBytes, package.signature, package.modelSignature].compactMap(\.self) {
            try area.take(bytes)
        }
        guard area.wants(any: package.files) else { return }
        _ = try package.read(into: area, stoppingAtFirstFault: false, progress: progress)
    }

    private static func offer(
        _ folder: Folder, to area: RepairArea, _ progress: any ProgressObserver, depth: Int
    ) throws {
        for name in try folder.names() {
            try Task.checkCancellation()
            guard !area.isComplete, let status = try folder.status(of: name) else { continue }
            switch status.kind {
            case .folder where depth < maximumDepth:
                try offer(try folder.folder(name), to: area, progress, depth: depth + 1)
            case .regular:
                do {
                    let file = try folder.file(reading: name)
                    if try !area.take(file), name.lowercased().hasSuffix(".baimodel") {
                        try offer(file, to: area, progress)
                    }
                } catch let error as any PresentableError where !error.isNoSpace {
                    // One file of many that is damaged or gone leaves the others.
                }
            case .folder, .link, .pipe, .other: continue
            }
        }
    }
}
