// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore

/// What one run came to.
struct IngestOutcome {
    let records: [IngestRecord]
    /// Number of files that were to be ingested.
    let count: Int

    /// Whether it is known of every file what became of it.
    var isComplete: Bool { records.count == count }

    /// Whether there was nothing that could be a package.
    var isEmpty: Bool { isComplete && records.allSatisfy { $0.status == .skipped } }

    /// What the whole run ends with; `nil` where everything is in the store.
    var verdict: (any PresentableError)? {
        let errors = records.compactMap(\.error)
        guard let first = errors.first else { return nil }
        let failed = records.filter { $0.error != nil }.prefix(5)
        let names = failed.map(\.item.name.escapedForOneLine).joined(separator: ", ")
        let packages = records.count(where: { $0.status != .skipped })
        let list = "\(errors.count) of \(packages) were not imported: \(names)\(errors.count > 5 ? ", …" : "")"
        if records.contains(where: \.isIn) {
            return CLIError(.partlyDone, list, hint: "Run it again when what stands against them is mended.")
        }
        if errors.allSatisfy({ $0.exitStatus == first.exitStatus }) { return first }
        return CLIError(.nothingDone, list, hint: "See the messages above, or the report.")
    }

    /// The error for a run whose report could not be written in the end.
    func unreported(_ error: any Error) -> CLIError {
        let reason = (error as? any PresentableError)?.message ?? String(describing: error)
        return CLIError(
            .unreported, "the report could not be written: \(reason); done: \(summary)",
            hint: "See baigo list and baigo audit show for what was done.")
    }

    /// The error for a run of which standard output or standard error took not all.
    func untold(_ error: FileError) -> FileError {
        FileError(error.code, "\(error.message); the run went on: \(summary)", hint: error.hint)
    }

    /// `2 imported, 1 refused`.
    private var summary: String {
        let counts = IngestRecord.Status.allCases.compactMap { status in
            let count = records.count(where: { $0.status == status })
            return count > 0 ? "\(count) \(status.rawValue)" : nil
        }
        let left = count - records.count
        let parts = counts + (left > 0 ? ["\(left) not reached"] : [])
        return parts.isEmpty ? "no package was found" : parts.joined(separator: ", ")
    }
}
