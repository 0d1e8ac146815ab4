// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import SystemPackage

/// What a run writes beside the store, and where it must not.
struct IngestTargets {
    /// The report's file.
    let report: FilePath?
    /// The folder for copies of what is refused.
    let quarantine: FilePath?

    /// Refuses a folder for copies where the report, or its text, is to be.
    ///
    /// - Throws: `CLIError`, code `usage`; `FileError`.
    func checkEachOther() throws {
        guard let report, let quarantine else { return }
        let folder = try WrittenPlace(folder: quarantine)
        let named = try? WrittenPlace(file: quarantine)
        for file in [report, IngestReport.textPath(of: report)] {
            let place = try WrittenPlace(file: file)
            guard try folder.lies(in: WrittenPlace(folder: file)) || named?.isSameFile(as: place) == true else {
                continue
            }
            throw CLIError(
                .usage, "--quarantine is a folder, and \(file.string.escapedForOneLine) is to be the report",
                hint: "Name another folder, or another file.")
        }
    }

    /// Refuses places in a store or among the files that are read, and a report over a file that is none.
    ///
    /// - Parameters:
    ///   - sources: What is read.
    ///   - homes: The folders of stores.
    /// - Throws: `CLIError`, code `usage`; `FileError`, code `exists` and others.
    func check(_ sources: IngestSources, homes: [FilePath]) throws {
        if let report {
            let place = try WrittenPlace(file: report)
            try check(place, "--report", sources, homes)
            try IngestReport.check(report)
        }
        if let quarantine {
            let place = try WrittenPlace(folder: quarantine)
            try check(place, "--quarantine", sources, homes)
            try checkParents(of: sources.items, place)
        }
    }

    private func check(
        _ place: WrittenPlace, _ option: String, _ sources: IngestSources, _ homes: [FilePath]
    ) throws {
        for home in homes where try place.lies(in: WrittenPlace(folder: home)) {
            throw CLIError(
                .usage, "\(option) lies in the store \(home.string.escapedForOneLine)",
                hint: "Name a place outside of it.")
        }
        for folder in sources.folders where try place.lies(in: WrittenPlace(folder: folder)) {
            throw CLIError(
                .usage, "\(option) lies in \(folder.string.escapedForOneLine), whose packages are to be taken in",
                hint: "Name a place outside of it.")
        }
    }

    /// Files that were named one by one must not be copied into the folder that they lie in.
    private func checkParents(of items: [IngestItem], _ place: WrittenPlace) throws {
        for parent in Set(items.map { $0.path.removingLastComponent() }) {
            guard let folder = try? WrittenPlace(folder: parent), place.isSame(as: folder) else { continue }
            throw CLIError(
                .usage, "--quarantine is the folder of files that are to be taken in", hint: "Name another folder.")
        }
    }
}
