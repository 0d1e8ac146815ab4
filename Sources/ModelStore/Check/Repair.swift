// SPDX-License-Identifier: Apache-2.0

package import BaigoCore
internal import BundleKit

/// What was repaired.
package struct RepairResult: Sendable {
    /// Contents that were taken again.
    package internal(set) var blobs: [SHA256Digest] = []
    /// Bytes of these.
    package internal(set) var written = ByteCount(0)
    /// Files in packages that were made again, as `reference/path`.
    package internal(set) var files: [String] = []
    /// The outcome's line; `nil` where nothing could be repaired.
    package internal(set) var audit: AuditHead?
}

/// Puts good contents in the place of damaged ones, under the store's lock.
struct Repair {
    let writing: WritingHome
    let report: CheckReport

    /// Takes what is there and puts it in place.
    ///
    /// - Parameters:
    ///   - origin: The source for the audit log.
    ///   - offer: Offers what the source has.
    /// - Returns: What was repaired.
    /// - Throws: As `ModelStore.repair`.
    func run(origin: String, offering offer: (RepairArea) throws -> Void) throws -> RepairResult {
        var wanted: [SHA256Digest: Int64] = [:]
        for blob in report.blobs where !blob.affects.isEmpty { wanted[blob.digest] = blob.size }
        let event = AuditEvent(
            "check.repair",
            details: ["blobs": .integer(Int64(wanted.count)), "from": .string(origin.escapedForOneLine)])
        let intent = try writing.audit.intent(event)
        var result: RepairResult
        do {
            let area = try RepairArea(in: writing.staging, wanted: wanted)
            try takeOwnCopies(into: area)
            do {
                if !area.isComplete { try offer(area) }
            } catch let error as any PresentableError where !area.taken.isEmpty && !error.isNoSpace {
                // What was found before is right, whatever the rest of the source is.
            }
            result = try place(area)
            try writing.staging.removeTree(RepairArea.name)
        } catch {
            let refusal = ImportRefusal(error)
            try writing.audit.outcome(event, refusal.result, error: refusal.identifier, of: intent)
            throw error
        }
        let done = AuditEvent(
            event.operation,
            details: [
                "blobs": .integer(Int64(result.blobs.count)), "files": .integer(Int64(result.files.count)),
                "bytes": .integer(result.written.bytes), "from": .string(origin.escapedForOneLine),
            ])
        result.audit = try writing.audit.outcome(done, .done, of: intent)
        return result
    }

    /// A `package/` may hold a copy, or the last name, of what is gone among the blobs.
    private func takeOwnCopies(into area: RepairArea) throws {
        for damaged in report.versions {
            guard !area.isComplete else { return }
            guard let (package, receipt) = try package(of: damaged) else { continue }
            for file in receipt.files where area.wants(any: [file.asPackageFile]) {
                do {
                    let place = try package.place(of: file.path)
                    _ = try area.take(place.folder.file(reading: place.name))
                } catch let error as FileError where error.code != .noSpace {
                    // It is missing or unreadable here too.
                }
            }
        }
    }

    private func place(_ area: RepairArea) throws -> RepairResult {
        var result = RepairResult()
        let taken = area.taken
        try area.folder.sync()
        for digest in taken.keys.sorted() {
            try writing.blobs.replace(digest, with: digest.hex, of: area.folder)
            result.blobs.append(digest)
        }
        result.written = ByteCount(taken.values.clampedSum)
        for damaged in report.versions {
            guard let (package, receipt) = try package(of: damaged) else { continue }
            let wrong = Set(damaged.files.filter { $0.status != .extra }.map(\.path))
            for file in receipt.files where wrong.contains(file.path) || taken[file.sha256] != nil {
                guard taken[file.sha256] != nil || report.good.contains(file.sha256) else { continue }
                try writing.renew(file, in: package, through: area.folder)
                result.files.append("\(damaged.reference)/\(file.path)")
            }
        }
        // What else needs them, though the check that found them was of other models.
        result.files += try writing.renewFiles(
            of: Set(taken.keys), but: Set(report.versions.map(\.reference)), through: area.folder)
        return result
    }

    private func package(of damaged: CheckReport.Version) throws -> (Folder, Receipt)? {
        guard let model = try ModelFolder(damaged.name, in: writing.models),
            try model.folder.status(of: damaged.folderName) != nil
        else { return nil }
        do {
            let folder = try model.folder.folder(damaged.folderName)
            return (try folder.folder(making: StoreLayout.package), try Receipt(in: folder))
        } catch let error as any PresentableError where !error.isNoSpace {
            // Without a receipt nothing says what belongs here.
            return nil
        }
    }
}

extension PresentableError {
    /// Whether the store's own disk is full: no other source helps then.
    var isNoSpace: Bool { (self as? FileError)?.code == .noSpace }
}

extension StoredFile {
    /// The file as a package lists it.
    fileprivate var asPackageFile: PackageFile { PackageFile(path: path, role: role, sha256: sha256, size: size) }
}
