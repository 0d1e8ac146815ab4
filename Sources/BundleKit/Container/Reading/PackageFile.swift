// SPDX-License-Identifier: Apache-2.0

package import BaigoCore

/// Names of entries that have a meaning of their own.
package enum PackageEntryName {
    package static let manifest = "manifest.json"
    package static let metadata = "metadata.json"
    package static let checksums = "checksums.txt"
    package static let signature = "checksums.txt.asc"
    /// Reserved for an OpenSSF Model Signing bundle.
    package static let modelSignature = "model.sig"
    static let otherChecksums = "SHA256SUMS"
}

/// One listed entry of a package: what it has to be.
package struct PackageFile: Sendable, Equatable {
    /// The entry's name: `model/x.gguf`.
    package let path: String
    package let role: FileRole
    /// The digest that is listed.
    package let sha256: SHA256Digest
    /// Bytes, as listed.
    package let size: Int64

    /// Describes an entry.
    package init(path: String, role: FileRole, sha256: SHA256Digest, size: Int64) {
        self.path = path
        self.role = role
        self.sha256 = sha256
        self.size = size
    }
}

/// What reading a file of a package found.
package struct FileVerdict: Sendable, Equatable {
    /// How the bytes compare with what is listed.
    package enum Status: Sendable, Equatable {
        case ok
        case digestMismatch(actual: SHA256Digest)
        case crcMismatch
        case sizeMismatch(actual: Int64)
        case missing

        /// The word for JSON and reports.
        package var name: String {
            switch self {
            case .ok: "ok"
            case .digestMismatch: "digest-mismatch"
            case .crcMismatch: "crc-mismatch"
            case .sizeMismatch: "size-mismatch"
            case .missing: "missing"
            }
        }
    }

    package let file: PackageFile
    package let status: Status
    /// What the bytes were recognised as, if anything.
    package let content: FileContent?

    /// Makes a verdict.
    package init(file: PackageFile, status: Status, content: FileContent? = nil) {
        self.file = file
        self.status = status
        self.content = content
    }

    package var isOK: Bool { status == .ok }

    /// The verdict as an error of the package `source`; `nil` where the file is as listed.
    package func error(in source: String) -> BundleError? {
        let hint = "Do not use this copy; get the package again from its source."
        let fault: BundleError
        switch status {
        case .ok: return nil
        case .digestMismatch(let actual):
            fault = BundleError(
                .digestMismatch,
                "checksum verification failed: \(file.path) has SHA-256 \(actual.hex), listed is \(file.sha256.hex)",
                hint: hint)
        case .crcMismatch:
            fault = BundleError(
                .crcMismatch, "validation failed: \(file.path) does not match its CRC-32", hint: hint)
        case .sizeMismatch(let actual):
            fault = BundleError(
                .sizeMismatch, "validation failed: \(file.path) has \(actual) bytes, listed are \(file.size)",
                hint: hint)
        case .missing:
            fault = BundleError(
                .missingEntry, "validation failed: \(file.path) is listed but not there", hint: hint)
        }
        return fault.inPackage(source)
    }
}

/// Takes the files of a package while they are read.
package protocol PackageSink {
    /// A file that is open for reading and writing; `nil` to have the data hashed and written nowhere.
    ///
    /// It is empty but for the bytes that `keptBytes` tells of.
    func destination(for file: PackageFile) throws -> OwnedDescriptor?

    /// A file for data that was to be written nowhere and is needed after all; empty, and asked for once.
    ///
    /// Asked when the data was read and found right; before that where it cannot be read a second time.
    func lateDestination(for file: PackageFile) throws -> OwnedDescriptor?

    /// Bytes at the start of a destination that an interrupted pass wrote: whole pages, or the whole file.
    ///
    /// They are hashed, but not read again unless the file turns out wrong.
    func keptBytes(of file: PackageFile, in destination: OwnedDescriptor) throws -> Int64

    /// Says that everything was read, and written where there is a destination, and that `digest` is the one listed.
    ///
    /// Not called for a file that differs.
    func complete(_ file: PackageFile, digest: SHA256Digest) throws
}

extension PackageSink {
    package func keptBytes(of file: PackageFile, in destination: OwnedDescriptor) throws -> Int64 { 0 }

    package func lateDestination(for file: PackageFile) throws -> OwnedDescriptor? { nil }
}
