// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import SystemPackage

/// What the file of this program says of the time: whatever is judged now is judged after the program was made.
enum BuildClock {
    /// How far the clock that made the file may have been ahead, in seconds.
    private static let tolerance: Int64 = 600

    /// Refuses a clock before the program was built or installed.
    ///
    /// - Throws: `FileError`, code `clock`.
    static func check(at now: Timestamp = .now, executable: FilePath = "/proc/self/exe") throws(FileError) {
        let file: FileStatus
        do throws(FileError) {
            file = try FileStatus.of(executable)
        } catch {
            // Without /proc, or replaced while it runs: then the file says nothing.
            return
        }
        let made = Timestamp(secondsSinceEpoch: file.modifiedNanoseconds / 1_000_000_000)
        guard now.secondsSinceEpoch < made.secondsSinceEpoch - tolerance else { return }
        throw FileError(
            .clock, "the clock says \(now), which is before this program was made (\(made))",
            hint: "Set the clock of this host.")
    }
}
