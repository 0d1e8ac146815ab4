// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import SystemPackage

/// What set-up found out about an engine's backends when it proved each in a process of its own: `engine.json`.
struct EngineRecord {
    /// A backend and what became of its proof.
    struct Backend {
        let name: String
        let verdict: String
        let reason: String

        /// Whether it died or computed wrong, and is kept away from models.
        var isLeftOut: Bool { !["works", "not-for-this-machine"].contains(verdict) }
    }

    let backends: [Backend]

    /// Reads the record of the engine whose libraries are in a folder; `nil` where there is none.
    ///
    /// - Throws: `CLIError` for a record that cannot be read.
    init?(besideLibrariesIn folder: FilePath) throws {
        for place in [folder, folder.removingLastComponent()] {
            let path = place.appending("engine.json")
            let bytes: [UInt8]
            do throws(FileError) {
                bytes = try OwnedDescriptor.open(reading: path).bytes(at: 0, count: 1 << 20)
            } catch {
                if error.code == .notFound { continue }
                throw error
            }
            do throws(JSONError) {
                backends = try JSONValue(strict: bytes)["backends"]?.array.map { $0.compactMap(Self.backend) } ?? []
            } catch {
                throw CLIError(
                    .configuration, "\(path) is not JSON: \(error.reason)", hint: "Run scripts/bootstrap again.")
            }
            return
        }
        return nil
    }

    private static func backend(_ value: JSONValue) -> Backend? {
        guard let name = value["name"]?.string, let verdict = value["verdict"]?.string else { return nil }
        return Backend(name: name, verdict: verdict, reason: value["reason"]?.string ?? "")
    }
}
