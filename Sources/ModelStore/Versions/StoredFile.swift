// SPDX-License-Identifier: Apache-2.0

package import BaigoCore
package import BundleKit

/// A file of a stored package.
package struct StoredFile: Sendable, Equatable {
    /// Where it is in the package: `model/x.gguf`.
    package let path: String
    /// As the manifest spells it; `manifest`, `checksums`, `signature` for the package's own files.
    package let roleName: String
    package let sha256: SHA256Digest
    /// Bytes.
    package let size: Int64

    /// What the file is for, as far as this version knows.
    package var role: FileRole { FileRole(rawValue: roleName) ?? .other }

    var json: JSONValue {
        ["path": .string(path), "role": .string(roleName), "sha256": .string(sha256.hex), "size": .integer(size)]
    }
}

extension StoredFile {
    /// Reads the files of a receipt.
    ///
    /// Their paths keep the rules of a package's, so that none leads out of `package/`, and their sizes have a sum.
    ///
    /// - Throws: `StoreError`, code `damaged`.
    static func list(_ json: JSONValue?, in path: String) throws(StoreError) -> [StoredFile] {
        var files: [StoredFile] = []
        var total: Int64 = 0
        for line in json?.array ?? [] {
            guard let name = line["path"]?.string, let role = line["role"]?.string,
                let sha256 = line["sha256"]?.string.flatMap({ SHA256Digest(hex: $0) }),
                let size = line["size"]?.integer, size >= 0
            else { throw StoreError.damaged(path, "has a malformed line in \"files\"") }
            do throws(BundleError) {
                _ = try EntryName.validate(Array(name.utf8))
            } catch {
                throw StoreError.damaged(
                    path, "has the path \"\(name.excerptForOneLine)\", which no package has", cause: error)
            }
            let (sum, isTooLarge) = total.addingReportingOverflow(size)
            guard !isTooLarge else { throw StoreError.damaged(path, "has sizes without a sum in \"files\"") }
            total = sum
            files.append(StoredFile(path: name, roleName: role, sha256: sha256, size: size))
        }
        return files
    }
}

extension JSONValue {
    /// The content of `receipt.json` in the folder of a version or an engine.
    ///
    /// - Parameters:
    ///   - folder: The folder.
    ///   - schema: The number that its schema has to have.
    ///   - kind: What was imported, for the error.
    /// - Returns: The object.
    /// - Throws: `StoreError`, code `damaged` or `unsupportedSchema`; `FileError`.
    static func receipt(in folder: Folder, schema: Int64, of kind: String) throws -> JSONValue {
        let path = folder.path(of: StoreLayout.receipt)
        let json: JSONValue
        do {
            json = try JSONValue(strict: try folder.bytes(of: StoreLayout.receipt))
        } catch let error as JSONError {
            throw StoreError.damaged(path, "is not JSON: \(error.reason)", cause: error)
        }
        guard json["schemaVersion"]?.integer == schema else {
            throw StoreError(
                .unsupportedSchema, "\(path.escapedForOneLine) has a schema that this version of baigo does not know",
                hint: "Use the version of baigo that imported the \(kind).")
        }
        return json
    }
}
