// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import Glibc
internal import SystemPackage

/// Where the answers of a batch go: lines of JSON, in a file that can be continued, or on standard output.
final class BatchOutput {
    /// Bytes that a line may have to be read back.
    private static let maximumLineBytes = 64 << 20

    /// Requests that the file had lines of already.
    private(set) var done = 0
    /// Those of them whose line says why there is no answer, with what it says.
    private(set) var failures: [Int: JSONValue] = [:]
    /// What messages call it, escaped.
    let name: String

    /// A line of the file.
    private struct Line {
        let digest: String
        let offset: Int64
        let byteCount: Int
    }

    private let file: OwnedDescriptor?
    private let folder: Folder?
    private let target: any OutputTarget
    private var size: Int64 = 0
    /// The last line of each request.
    private var lines: [Line] = []
    private var isOrdered = true
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
            (file, folder) = (nil, nil)
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
        self.folder = folder
        guard try file.status().kind == .regular else {
            throw FileError(.wrongPlace, "\(name) is not a regular file", hint: "Name another file.")
        }
        guard flock(file.raw, LOCK_EX | LOCK_NB) == 0 else {
            throw FileError(.locked, "another run writes to \(name)", hint: "Wait for it, or name another file.")
        }
        let (opened, present) = (try file.status(), try folder.status(of: last.string))
        guard opened.isSameFile(as: present) else {
            throw FileError(.locked, "another run replaced \(name) just now", hint: "Run the command again.")
        }
        try readBack(file)
    }

    /// Makes sure that a request is the one that the file's answer belongs to.
    ///
    /// - Throws: `CLIError` for another one.
    func check(_ digest: String, at index: Int) throws(CLIError) {
        guard lines[index].digest != digest else { return }
        throw CLIError(
            .usage, "\(name) has an answer to another request in line \(index + 1)",
            hint: "The requests, the model or the options changed since; name another file.")
    }

    /// Writes the line of a request; it is on the disk within a second while more are written.
    ///
    /// Where the file has one that says why there is no answer, the new one stands at the end until `finish`.
    ///
    /// - Parameters:
    ///   - members: The line.
    ///   - digest: The request's.
    ///   - index: The request's place among all.
    /// - Throws: `FileError`.
    func write(_ members: [String: JSONValue], _ digest: String, at index: Int) throws(FileError) {
        guard let file else { return try target.event(members) }
        guard index >= lines.count || lines[index].digest != digest || failures[index] != members["error"] else {
            return
        }
        let bytes = JSONValue.object(members.merging(["schemaVersion": 1]) { $1 }).compactBytes + [0x0A]
        try file.writeAll(bytes, at: size)
        keep(Line(digest: digest, offset: size, byteCount: bytes.count), at: index)
        size += Int64(bytes.count)
        guard ContinuousClock.now >= nextSync else { return }
        try file.sync()
        nextSync = .now + .seconds(1)
    }

    /// Puts the lines in the order of the requests, and makes them durable.
    ///
    /// - Throws: `FileError`.
    func finish() throws(FileError) {
        guard let file, let folder, let name = FilePath(file.path).lastComponent?.string else { return }
        try file.sync()
        guard !isOrdered else { return }
        let draft = ".\(name).baigo-draft"
        if try folder.status(of: draft) != nil { try folder.removeFile(draft) }
        let ordered = try folder.file(creating: draft, mode: try file.status().mode & 0o777)
        do throws(FileError) {
            var end: Int64 = 0
            for line in lines {
                try ordered.writeAll(try file.bytes(at: line.offset, count: line.byteCount), at: end)
                end += Int64(line.byteCount)
            }
            try ordered.sync()
            try folder.rename(draft, to: name)
        } catch {
            // The lines are all there, at other places; what could not be removed is replaced by the next run.
            try? folder.removeFile(draft)
            throw error
        }
        try folder.sync()
        isOrdered = true
    }

    private func keep(_ line: Line, at index: Int) {
        if index < lines.count {
            lines[index] = line
            isOrdered = false
        } else {
            lines.append(line)
        }
    }

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
                try take(Array(pending[start..<end]), at: size)
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

    private func take(_ line: [UInt8], at offset: Int64) throws(CLIError) {
        let value: JSONValue
        do throws(JSONError) { value = try JSONValue(strict: line) } catch { throw foreign() }
        guard let number = value["index"]?.integer, let index = Int(exactly: number),
            index == done || failures[index] != nil, let digest = value["request"]?.string
        else { throw foreign() }
        failures[index] = value["error"]
        keep(Line(digest: digest, offset: offset, byteCount: line.count + 1), at: index)
        done = lines.count
    }

    private func foreign() -> CLIError {
        CLIError(
            .usage, "\(name) is no output of a batch: see line \(done + 1)",
            hint: "Name a new file, or one that an earlier run of the same batch wrote.")
    }
}
