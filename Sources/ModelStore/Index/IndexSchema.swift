// SPDX-License-Identifier: Apache-2.0

internal import GRDB

/// The tables of `index-1.sqlite`.
///
/// Everything in them comes from the plain files under `models/`; a file of another schema number is another file.
enum IndexSchema {
    /// Migrations by name, only ever added to.
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1: models, versions, files") { database in
            try database.execute(sql: tables)
        }
        migrator.registerMigration("2: pins") { database in
            try database.execute(
                sql: "ALTER TABLE version ADD COLUMN pinned INTEGER NOT NULL DEFAULT 0 CHECK (pinned IN (0, 1))")
        }
        return migrator
    }

    private static let tables = """
        CREATE TABLE model (
            name TEXT PRIMARY KEY NOT NULL,
            -- The last change of the model's folder, in nanoseconds since 1970; -1 where it must be read itself.
            stamp INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE version (
            model TEXT NOT NULL REFERENCES model (name) ON DELETE CASCADE,
            identity TEXT NOT NULL CHECK (length(identity) = 64),
            version TEXT NOT NULL,
            content TEXT NOT NULL CHECK (length(content) = 64),
            active INTEGER NOT NULL CHECK (active IN (0, 1)),
            importedAt INTEGER NOT NULL,
            sequence INTEGER NOT NULL,
            size INTEGER NOT NULL CHECK (size >= 0),
            displayName TEXT,
            format TEXT,
            architecture TEXT,
            quantization TEXT,
            license TEXT,
            parameters INTEGER,
            contextLength INTEGER,
            signature TEXT NOT NULL,
            trusted INTEGER NOT NULL CHECK (trusted IN (0, 1)),
            PRIMARY KEY (model, identity)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE file (
            model TEXT NOT NULL,
            identity TEXT NOT NULL,
            path TEXT NOT NULL,
            role TEXT NOT NULL,
            sha256 TEXT NOT NULL CHECK (length(sha256) = 64),
            size INTEGER NOT NULL CHECK (size >= 0),
            PRIMARY KEY (model, identity, path),
            FOREIGN KEY (model, identity) REFERENCES version (model, identity) ON DELETE CASCADE
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX fileByContent ON file (sha256);
        """
}
