// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import Glibc
internal import SystemPackage

/// Where the answers of a batch go: lines of JSON, in a file that can be continued, or on standard output.
final class BatchOutput {
    /// Bytes that a line may have to be read back.
    private static let maximumLineBytes = 64 << 20

    /// Answers that the file had already.
    private(set) var done = 0
    /// How many of these say why there is no answer.
    private(set) var failed = 0
    /// What messages call it, escaped.
    let name: String

    private let file: OwnedDescriptor?
    private let target: any OutputTarget
    private var size: Int64 = 0
    private var digests: [String] = []
    private var nextSync = ContinuousClock.now

    /// Opens the output; a file that exists is continued after its last whole line.
    ///
    /// - Parameters:
    ///   - path: The file; `nil` for standard output.
    ///   - target: Standard output.
    /// - Throws: `FileError`, code `locked` while another run writes there; `CLIError` for a file that holds something
    ///   else.
    init(path: String?, _ target: any OutputTarget) throws {
        self.target = target
        name = path?.escapedForOneLine ?? "standard output"
        guard let path else {
            file = nil
            return
        }
        let place = FilePath(path)
        guard let last = place.lastComponent, last.kind == .regular, !path.hasSuffix("/") else {
            throw CLIError(.usage, "\(path.escapedForOneLine) names no file", hint: "Name the file to write.")
        }
        let parent = place.removingLastComponent()
        let folder = try Folder.open(parent.isEmpty ? "." : parent)
        let file = try Self.open(last.string, in: folder)
        self.file = file
        guard try file.status().kind == .regular else {
            throw FileError(.wrongPlace, "\(name) is not a regular file", hint: "Name another file.")
        }
        guard flock(file.raw, LOCK_EX | LOCK_NB) == 0 else {
            throw FileError(.locked, "another run writes to \(name)", hint: "Wait for it, or name another file.")
        }
        try readBack(file)
    }

    /// Makes sure that a request is the one that the file's answer belongs to.
    ///
    /// - Throws: `CLIError` for another one.
    func check(_ digest: String, at index: Int) throws(CLIError) {
        guard digests[index] != digest else { return }
        throw CLIError(
            .usage, "\(name) has an answer to another request in line \(index + 1)",
            hint: "The requests, the model or the options changed since; name another file.")
    }

    /// Writes a line; it is on the disk within a second while more are written.
    ///
    /// - Throws: `FileError`.
    func write(_ members: [String: JSONValue]) throws(FileError) {
        guard let file else { return try target.event(members) }
        let line = JSONValue.object(members.merging(["schemaVersion": 1]) { $1 }).compactBytes + [0x0A]
        try file.writeAll(line, at: size)
        size += Int64(line.count)
        guard ContinuousClock.now >= nextSync else { return }
        try file.sync()
        nextSync = .now + .seconds(1)
    }

    /// Makes what was written durable.
    ///
    /// - Throws: `FileError`.
    func finish() throws(FileError) { try file?.sync() }

    private static func open(_ name: String, in folder: Folder) throws(FileError) -> OwnedDescriptor {
        if try folder.status(of: name) != nil { return try folder.file(updating: name) }
        let file = try folder.file(creating: name, mode: 0o644)
        try folder.sync()
        return file
    }

    private func readBack(_ file: OwnedDescriptor) throws {
        let length = try file.status().size
        var offset: Int64 = 0
        var pending: [UInt8] = []
        while offset < length {
            let part = try file.bytes(at: offset, count: Int(min(1 << 20, length - offset)))
            guard !part.isEmpty else { break }
            offset += Int64(part.count)
            pending += part
            var start = 0
            while let end = pending[start...].firstIndex(of: 0x0A) {
                try take(Array(pending[start..<end]))
                size += Int64(end + 1 - start)
                start = end + 1
            }
            pending.removeSubrange(..<start)
            guard pending.count <= Self.maximumLineBytes else { throw foreign() }
        }
        guard !pending.isEmpty else { return }
        guard isStartOfLine(pending) else { throw foreign() }
        try file.truncate(to: size)
    }

    /// Whether bytes are what a killed run, or a power failure, leaves of a line; anything else is not ours to cut.
    private func isStartOfLine(_ bytes: [UInt8]) -> Bool {
        let zeros = bytes.reversed().prefix { $0 == 0 }.count
        let start = bytes.dropLast(zeros)
        guard zeros == 0 || done > 0 else { return false }
        return ["{\"error\":{", "{\"finishReason\":\""].contains { beginning in
            start.starts(with: beginning.utf8) || beginning.utf8.starts(with: start)
        }
    }

    private func take(_ line: [UInt8]) throws(CLIError) {
        let value: JSONValue
        do throws(JSONError) { value = try JSONValue(strict: line) } catch { throw foreign() }
        guard value["index"]?.integer == Int64(done), let digest = value["request"]?.string else { throw foreign() }
        digests.append(digest)
        if value["error"] != nil { failed += 1 }
        done += 1
    }

    private func foreign() -> CLIError {
        CLIError(
            .usage, "\(name) is no output of a batch: see line \(done + 1)",
            hint: "Name a new file, or one that an earlier run of the same batch wrote.")
    }
}
