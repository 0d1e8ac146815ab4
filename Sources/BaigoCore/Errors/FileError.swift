// SPDX-License-Identifier: Apache-2.0

package import SystemPackage

/// A failure of the operating system on one file, folder or lock.
package struct FileError: PresentableError {
    /// What kind of failure it is.
    package enum Code: String, Sendable, CaseIterable {
        case notFound = "file.not-found"
        case exists = "file.exists"
        case permission = "environment.permission"
        case readOnly = "environment.read-only"
        case noSpace = "environment.no-space"
        case tooLargeForFileSystem = "environment.file-too-large"
        case locked = "environment.locked"
        case clock = "environment.clock"
        case unsafeOwnership = "environment.ownership"
        case inputOutput = "environment.io"
        case resources = "environment.resources"
        case wrongType = "file.wrong-type"
        /// Something stands in the way of a file or folder of this host that is to be made or used.
        case wrongPlace = "environment.wrong-type"
        case outputClosed = "output.closed"
    }

    package let code: Code
    package let message: String
    package let hint: String?

    package var identifier: String { code.rawValue }

    package var exitStatus: ExitStatus {
        switch code {
        case .notFound: .notFound
        case .exists: .usage
        case .permission, .readOnly, .noSpace, .tooLargeForFileSystem, .locked, .clock, .unsafeOwnership,
            .inputOutput, .resources, .wrongPlace:
            .environment
        case .wrongType: .invalidContent
        case .outputClosed: .outputClosed
        }
    }

    /// Makes an error with words of its own.
    package init(_ code: Code, _ message: String, hint: String? = nil) {
        self.code = code
        self.message = message
        self.hint = hint
    }

    /// Explains an error number of a system call.
    ///
    /// - Parameters:
    ///   - errno: The error number, read at once after the call.
    ///   - action: What was being done, as a verb phrase: `write`, `create`, `rename`.
    ///   - path: The file or folder as the person knows it.
    package init(_ errno: Errno, while action: String, _ path: String) {
        let shown = path.escapedForTerminal
        let reason = "could not \(action) \(shown): \(errno.description)"
        switch errno {
        case .noSuchFileOrDirectory, .notDirectory:
            self.init(.notFound, reason, hint: "Check the path.")
        case .fileExists:
            self.init(.exists, reason, hint: "Choose another name, or use --force where the command has it.")
        case .permissionDenied, .notPermitted:
            self.init(.permission, reason, hint: "Run as a user who may do this, or change the permissions.")
        case .readOnlyFileSystem:
            self.init(.readOnly, reason, hint: "Choose a place that can be written.")
        case .noSpace, .diskQuotaExceeded:
            self.init(.noSpace, reason, hint: "Free some space and run the command again.")
        case .fileTooLarge:
            self.init(
                .tooLargeForFileSystem, reason,
                hint: "Use a file system without this limit (exFAT, ext4, NTFS); FAT32 ends at 4 GiB - 1.")
        case .isDirectory, .tooManySymbolicLinkLevels:
            self.init(.wrongType, reason, hint: "Name a regular file.")
        case .noMemory, .tooManyOpenFiles, .tooManyOpenFilesInSystem:
            self.init(
                .resources, reason, hint: "Let other programs end, or raise the limit (ulimit -a), then try again.")
        case .brokenPipe:
            self.init(.outputClosed, reason)
        case .badFileDescriptor:
            self.init(.inputOutput, reason, hint: "It is closed; redirect it, from or to /dev/null for example.")
        case .fileNameTooLong:
            self.init(.inputOutput, reason, hint: "Use a shorter name.")
        default:
            self.init(.inputOutput, reason, hint: "Check the medium and the system log.")
        }
    }
}
