// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import ModelStore

/// What a check found and did.
struct CheckSummary {
    /// How the store is in the end.
    let report: CheckReport
    /// Bytes that the first look hashed.
    let hashed: ByteCount
    /// Models in an index that was made anew.
    let indexed: Int?
    let quarantine: QuarantineResult?
    let repair: RepairResult?

    var json: [String: JSONValue] {
        var json: [String: JSONValue] = [
            "healthy": .bool(report.isHealthy), "checkedBlobs": .integer(Int64(report.checkedBlobs)),
            "checkedVersions": .integer(Int64(report.checkedVersions)), "hashedBytes": .integer(hashed.bytes),
            "blobs": .array(report.blobs.map(\.json)), "versions": .array(report.versions.map(\.json)),
            "lost": .array(
                report.lost.map {
                    ["reference": .string($0.reference), "line": .integer($0.line), "message": .string($0.message)]
                }),
            "problems": report.problems.json, "warnings": report.notes.json,
        ]
        json["indexedModels"] = .number(indexed)
        if let quarantine {
            json["quarantine"] = [
                "folder": .string(quarantine.folder), "blobs": .array(quarantine.blobs.map { .string($0.hex) }),
                "files": .array(quarantine.files.map(JSONValue.string)), "audit": quarantine.audit.json,
            ]
        }
        if let repair {
            json["repair"] = [
                "blobs": .array(repair.blobs.map { .string($0.hex) }), "writtenBytes": .integer(repair.written.bytes),
                "files": .array(repair.files.map(JSONValue.string)), "audit": repair.audit?.json ?? .null,
            ]
        }
        return json
    }

    /// A line for each thing that is wrong or was done, and one in the end.
    func text(quiet isQuiet: Bool) -> String {
        var lines: [String] = []
        if let indexed, !isQuiet { lines.append("index: made anew, \(indexed) models") }
        if let quarantine {
            lines.append(
                "quarantine: \(quarantine.blobs.count) contents, \(quarantine.files.count) copies, in \(quarantine.folder)"
            )
        }
        if let repair {
            lines.append(
                "repaired: \(repair.blobs.count) contents (\(repair.written)), \(repair.files.count) files in packages")
        }
        for blob in report.blobs {
            let needs =
                blob.affects.isEmpty ? "no version needs it" : "needed by " + blob.affects.joined(separator: ", ")
            lines.append("\(blob.digest.hex): \(Self.shown(blob.status)); \(needs)")
        }
        for version in report.versions {
            lines.append("\(version.reference): damaged")
            lines += version.faults.map { "  \($0.message)" }
            lines += version.files.map { "  \($0.path): \(Self.shown($0.status))" }
        }
        lines += report.lost.map { "lost: \($0.message)" }
        lines += report.problems.map { "damaged: \($0.message)" }
        if !isQuiet {
            lines += report.notes.map { "note: \($0.message)" }
            lines.append(
                "\(report.checkedBlobs) contents, \(hashed) hashed; \(report.checkedVersions) versions: "
                    + (report.isHealthy ? "whole" : "damaged"))
        }
        return lines.map { $0.escapedForOneLine + "\n" }.joined()
    }

    private static func shown(_ status: ContentStatus) -> String {
        status.name + (status.reason.map { " (\($0))" } ?? "")
    }
}

extension CheckReport.Blob {
    fileprivate var json: JSONValue {
        [
            "sha256": .string(digest.hex), "status": .string(status.name), "reason": .text(status.reason),
            "size": .number(size), "affects": .array(affects.map(JSONValue.string)),
        ]
    }
}

extension CheckReport.Version {
    fileprivate var json: JSONValue {
        [
            "reference": .string(reference), "faults": faults.json,
            "files": .array(
                files.map { file in
                    [
                        "path": .string(file.path), "status": .string(file.status.name),
                        "reason": .text(file.status.reason),
                    ]
                }),
        ]
    }
}
