// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import BundleKit
internal import GRDB
package import SystemPackage

extension Inventory {
    private static let tables = """
        CREATE TABLE inventory (key TEXT PRIMARY KEY NOT NULL, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
        CREATE TABLE version (
            name TEXT NOT NULL, version TEXT NOT NULL, identity TEXT NOT NULL, content TEXT NOT NULL,
            active INTEGER NOT NULL, pinned INTEGER NOT NULL, importedAt TEXT NOT NULL, size INTEGER NOT NULL,
            displayName TEXT, format TEXT, architecture TEXT, quantization TEXT, license TEXT, parameters INTEGER,
            contextLength INTEGER, engine TEXT, engineMinimumVersion TEXT, signature TEXT NOT NULL,
            trusted INTEGER NOT NULL,
            PRIMARY KEY (name, identity)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE file (
            name TEXT NOT NULL, identity TEXT NOT NULL, path TEXT NOT NULL, role TEXT NOT NULL, sha256 TEXT NOT NULL,
            size INTEGER NOT NULL,
            PRIMARY KEY (name, identity, path)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE signer (
            name TEXT NOT NULL, identity TEXT NOT NULL, number INTEGER NOT NULL, fingerprint TEXT, userID TEXT,
            status TEXT, trusted INTEGER NOT NULL,
            PRIMARY KEY (name, identity, number)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE enginePack (
            reference TEXT PRIMARY KEY NOT NULL, id TEXT NOT NULL, version TEXT NOT NULL, os TEXT NOT NULL,
            arch TEXT NOT NULL, accelerator TEXT NOT NULL, digest TEXT NOT NULL, active INTEGER NOT NULL,
            importedAt TEXT NOT NULL, "from" TEXT NOT NULL, trusted INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        """

    /// Writes the same as a SQLite file; the same inventory always gives the same bytes.
    ///
    /// - Parameters:
    ///   - path: A new or empty file.
    ///   - shown: The file that the person named.
    /// - Throws: `FileError` where the disk is full or fails; `StoreError`, code `index`, with the words of SQLite.
    package func writeDatabase(to path: FilePath, as shown: String) throws {
        do {
            var configuration = Configuration()
            configuration.prepareDatabase { database in
                try database.execute(sql: "PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF")
            }
            let queue = try DatabaseQueue(path: path.string, configuration: configuration)
            try queue.write(fill)
            try queue.close()
        } catch let error as DatabaseError {
            throw Self.explain(error, shown)
        }
    }

    private static func explain(_ error: DatabaseError, _ path: String) -> any Error {
        let message = "\(path.escapedForOneLine) could not be written: \(error.message ?? "")"
        switch error.resultCode {
        case .SQLITE_FULL:
            return FileError(.noSpace, message, hint: "Free some space and run the command again.")
        case .SQLITE_IOERR, .SQLITE_CANTOPEN:
            return FileError(.inputOutput, message, hint: "Check the medium and the system log.")
        case .SQLITE_NOMEM:
            return FileError(.resources, message, hint: "Let other programs end, then try again.")
        case .SQLITE_READONLY, .SQLITE_PERM:
            return FileError(.permission, message, hint: "Choose a place that can be written.")
        default:
            return StoreError(.index, message, hint: "Choose another place.", cause: error)
        }
    }

    private func fill(_ database: Database) throws {
        try database.execute(sql: Self.tables)
        let members = [
            "audit": audit.description, "createdAt": createdAt.description, "createdBy": createdBy,
            "schemaVersion": String(Self.schemaVersion), "storeID": storeID,
        ]
        for (key, value) in members.sorted(by: { $0.key < $1.key }) {
            try database.execute(sql: "INSERT INTO inventory VALUES (?, ?)", arguments: [key, value])
        }
        for engine in engines {
            let receipt = engine.receipt
            try database.execute(
                sql: "INSERT INTO enginePack VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                arguments: [
                    engine.reference, receipt.id, receipt.version, receipt.target.os, receipt.target.architecture,
                    receipt.target.accelerator, receipt.digest.hex, engine.isActive, receipt.importedAt.description,
                    receipt.source, receipt.isTrusted,
                ])
        }
        for version in versions {
            try insert(version, in: database)
            let (name, identity) = (version.stored.name.description, version.stored.identity.hex)
            for file in version.files {
                try database.execute(
                    sql: "INSERT INTO file VALUES (?, ?, ?, ?, ?, ?)",
                    arguments: [name, identity, file.path, file.roleName, file.sha256.hex, file.size])
            }
            for (number, signer) in version.signers.enumerated() {
                try database.execute(
                    sql: "INSERT INTO signer VALUES (?, ?, ?, ?, ?, ?, ?)",
                    arguments: [
                        name, identity, number + 1, signer["fingerprint"]?.string, signer["userID"]?.string,
                        signer["status"]?.string, signer["trusted"]?.bool ?? false,
                    ])
            }
        }
    }

    private func insert(_ version: Version, in database: Database) throws {
        let (stored, summary) = (version.stored, version.stored.summary)
        try database.execute(
            sql: "INSERT INTO version VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            arguments: [
                stored.name.description, stored.version.description, stored.identity.hex, stored.content.hex,
                stored.isActive, stored.isPinned, stored.importedAt.description, stored.size.bytes,
                summary.displayName, summary.format, summary.architecture, summary.quantization, summary.license,
                summary.parameters, summary.contextLength, version.engine["id"]?.string,
                version.engine["minimumVersion"]?.string, stored.signatureStatus, stored.isTrusted,
            ])
    }
}
