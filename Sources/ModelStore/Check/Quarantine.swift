// SPDX-License-Identifier: Apache-2.0

package import BaigoCore
internal import BundleKit

/// What was moved to `quarantine/`.
package struct QuarantineResult: Sendable {
    /// The folder it is in now; absolute.
    package let folder: String
    package let blobs: [SHA256Digest]
    /// Files of packages that held damaged copies of their own.
    package let files: [String]
    /// The outcome's line.
    package let audit: AuditHead
}

/// Moves damaged contents out of the way, under the store's lock.
///
/// What cannot be read stays: a disk that fails may give it back, and a move would not make it better. What is no file
/// at all goes.
struct Quarantine {
    /// Digests that the audit line names at the most; `report.json` beside the files names all.
    private static let namedDigests = 100

    /// A file in a `package/`.
    private struct Place {
        let version: CheckReport.Version
        let path: String
        let digest: SHA256Digest
        let folder: Folder
        let name: String
        /// Whether it is another name of its blob.
        let isLink: Bool
    }

    let writing: WritingHome

    /// Moves what is still damaged.
    ///
    /// - Throws: `FileError`, `StoreError`, `CancellationError`.
    func run(_ report: CheckReport) throws -> QuarantineResult? {
        let blobs = try damaged(report.blobs)
        let places = try damaged(report.versions, with: Set(blobs.map(\.digest)))
        guard !blobs.isEmpty || !places.isEmpty else { return nil }
        let digests = blobs.map(\.digest)
        let copies = places.filter { !$0.isLink }
        let event = AuditEvent(
            "check.quarantine",
            details: [
                "blobs": .integer(Int64(digests.count)), "files": .integer(Int64(copies.count)),
                "digests": .array(digests.prefix(Self.namedDigests).map { .string($0.hex) }),
            ])
        let intent = try writing.audit.intent(event)
        let outer = try writing.home.folder(making: StoreLayout.quarantine, in: writing.root)
        let folder = try outer.folder(making: String(intent.sequence))
        try outer.sync()
        try folder.publish(note(blobs, copies).prettyBytes, as: "report.json")
        // Names in packages go first: a blob that comes again must not bring a damaged file back to life.
        for (number, place) in places.enumerated() {
            if place.isLink {
                try place.folder.removeFile(place.name)
            } else {
                try place.folder.rename(place.name, to: "\(place.digest.hex)-\(number)", in: folder)
            }
            try place.folder.sync()
        }
        for digest in digests {
            let blob = try writing.blobs.place(of: digest)
            try blob.folder.rename(blob.name, to: digest.hex, in: folder)
            try blob.folder.sync()
        }
        try folder.sync()
        let audit = try writing.audit.outcome(event, .done, of: intent)
        return QuarantineResult(
            folder: folder.path, blobs: digests, files: copies.map { "\($0.version.reference)/\($0.path)" },
            audit: audit)
    }

    private func damaged(_ blobs: [CheckReport.Blob]) throws -> [CheckReport.Blob] {
        let present = try blobs.filter { try $0.status != .missing && writing.blobs.status(of: $0.digest) != nil }
        let store = writing.blobs
        let jobs = present.map { blob in
            ContentJob(digest: blob.digest, size: blob.size) { try store.open(blob.digest) }
        }
        let statuses = try ContentChecker(jobs).run(progress: SilentProgress())
        return try zip(present, statuses).filter { blob, status in
            try status.isWrong || (status != .ok && store.status(of: blob.digest).map { $0.kind != .regular } == true)
        }.map(\.0)
    }

    private func damaged(_ versions: [CheckReport.Version], with blobs: Set<SHA256Digest>) throws -> [Place] {
        var links: [Place] = []
        var copies: [Place] = []
        for version in versions {
            guard let model = try ModelFolder(version.name, in: writing.models),
                try model.folder.status(of: version.folderName) != nil
            else { continue }
            // A version whose `package/` is no folder holds nothing to move.
            guard let package = try? model.folder.folder(version.folderName).folder(StoreLayout.package) else {
                continue
            }
            for file in version.files where file.status != .missing {
                guard let digest = file.sha256 else { continue }
                let (folder, name) = try package.place(of: file.path)
                guard let status = try folder.status(of: name) else { continue }
                let isLink = try writing.blobs.status(of: digest)?.isSameFile(as: status) == true
                let place = Place(
                    version: version, path: file.path, digest: digest, folder: folder, name: name, isLink: isLink)
                if !isLink { copies.append(place) } else if blobs.contains(digest) { links.append(place) }
            }
        }
        let jobs = copies.map { place in
            ContentJob(digest: place.digest, size: nil) { try place.folder.file(reading: place.name) }
        }
        let statuses = try ContentChecker(jobs).run(progress: SilentProgress())
        return try links
            + zip(copies, statuses).filter { place, status in
                try status.isWrong
                    || (status != .ok && place.folder.status(of: place.name).map { $0.kind != .regular } == true)
            }.map(\.0)
    }

    private func note(_ blobs: [CheckReport.Blob], _ copies: [Place]) -> JSONValue {
        [
            "schemaVersion": 1, "at": .string(writing.context.clock().description),
            "by": .string("\(writing.context.user)@\(writing.context.host)"),
            "blobs": .array(
                blobs.map { blob in
                    [
                        "sha256": .string(blob.digest.hex), "status": .string(blob.status.name),
                        "reason": .text(blob.status.reason?.escapedForOneLine),
                        "affects": .array(blob.affects.map(JSONValue.string)),
                    ]
                }),
            "files": .array(
                copies.map { place in
                    [
                        "sha256": .string(place.digest.hex), "version": .string(place.version.reference),
                        "path": .string(place.path),
                    ]
                }),
        ]
    }
}
