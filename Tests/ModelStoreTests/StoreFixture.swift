// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import BundleKit
import Glibc
import ModelStore
import SystemPackage
import TestSupport

/// A store in the running test's home, and shorthand for what tests do with it.
struct StoreFixture {
    static let start = Timestamp(secondsSinceEpoch: 1_800_000_000)

    let path: FilePath
    let store: ModelStore

    /// Names the store of the running test's home.
    init(at path: FilePath = TemporaryHome.path, time: Timestamp = start) throws {
        self.path = path
        store = try ModelStore.open(
            home: path,
            context: StoreContext(user: "alice", host: "vault", program: "baigo 0.1.0", clock: { time }))
    }

    static let unsigned = ImportEvidence(signature: ["status": "none"], isTrusted: false, policy: ["verdict": "accept"])
    static let trusted = ImportEvidence(signature: ["status": "valid"], isTrusted: true, policy: ["verdict": "accept"])

    /// Imports a package, unsigned unless told otherwise.
    @discardableResult
    func add(
        _ package: MemoryPackage, replacing: Bool = false, activating: Bool = true,
        evidence: ImportEvidence = unsigned
    ) throws -> ImportResult {
        try store.importPackage(
            package,
            ImportRequest(isReplacing: replacing, isActivating: activating, from: package.source) { _ in evidence })
    }

    /// The home, open.
    func root() throws -> Folder { try Folder.open(path) }

    /// Every file of the home with its bytes, and every folder, by path; the lock and the audit log left out.
    func tree() throws -> [String: [UInt8]?] {
        var tree: [String: [UInt8]?] = [:]
        func walk(_ folder: Folder, _ prefix: String) throws {
            for name in try folder.names() where !(prefix.isEmpty && ["lock", "audit"].contains(name)) {
                switch try folder.status(of: name)?.kind {
                case .folder:
                    tree[prefix + name + "/"] = .some(nil)
                    try walk(try folder.folder(name), prefix + name + "/")
                case .regular: tree[prefix + name] = try folder.bytes(of: name)
                // A link or a pipe, which only tests put there.
                case .link, .pipe, .other, nil: tree[prefix + name] = []
                }
            }
        }
        if let root = try? root() { try walk(root, "") }
        return tree
    }

    /// Every file of the home with its bytes; folders of blobs stay when they are empty.
    func files() throws -> [String: [UInt8]] { try tree().compactMapValues { $0 } }

    /// The paths of the whole home that have a part of this kind.
    func paths(under prefix: String) throws -> [String] {
        try tree().keys.filter { $0.hasPrefix(prefix) && $0 != prefix }.sorted()
    }

    /// Takes the last line from the audit log, as if its writer had died before it.
    func cutLastAuditLine() throws {
        let lines = try bytes(of: "audit/audit.jsonl").split(separator: 0x0A).map { Array($0) + [0x0A] }
        try write(Array(lines.dropLast().joined()), to: "audit/audit.jsonl")
    }

    /// Announces something and dies.
    func leaveOpen(_ event: AuditEvent) throws {
        try store.change(event) { _ in }
        try cutLastAuditLine()
    }

    /// The whole audit log.
    func auditLines() throws -> [AuditLine] {
        var lines: [AuditLine] = []
        try store.auditLog().forEachLine { line in
            lines.append(line)
            return true
        }
        return lines
    }

    /// Bytes of a file of the home.
    func bytes(of path: String) throws -> [UInt8] {
        let whole = self.path.appending(path)
        guard let name = whole.lastComponent else { return [] }
        return try Folder.open(whole.removingLastComponent()).bytes(of: name.string)
    }

    /// Writes a file of the home, whatever its mode is.
    func write(_ bytes: [UInt8], to path: String) throws {
        let whole = self.path.appending(path)
        guard let name = whole.lastComponent else { return }
        try Folder.open(whole.removingLastComponent()).publish(bytes, as: name.string)
    }
}
