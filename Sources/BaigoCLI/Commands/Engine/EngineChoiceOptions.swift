// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import BaigoCore
internal import BundleKit
internal import EngineClient
internal import SystemPackage

/// Which pack of a folder is meant.
struct EngineChoiceOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Of a folder: take a pack of this id only.", valueName: "id"))
    var id: String?

    @Option(
        help: ArgumentHelp(
            "Of a folder: take a pack for this only, such as cpu, cuda12, cuda13, hip, sycl or vulkan.",
            valueName: "name"))
    var accelerator: String?

    init() {}

    /// The pack at a path; of a folder the one that fits best, and the newest of these.
    ///
    /// - Returns: The file, and what the folder says of it.
    /// - Throws: `BundleError`, code `sourceNotFound`, where none fits; `FileError`.
    func pack(at path: FilePath, _ hardware: HostHardware) throws -> (path: FilePath, offer: EngineOffer?) {
        guard try Self.isFolder(path) else { return (path, nil) }
        let offers = try EngineIndex.offers(in: path).filter { offer in
            id.map { $0 == offer.id } ?? EngineOffer.usableIDs.contains(offer.id)
        }
        let wanted = offers.filter { offer in accelerator.map { $0 == offer.target.accelerator } ?? true }
        let fitting = wanted.filter { hardware.obstacles(to: $0.target).isEmpty && $0.path != nil }
        let best = fitting.enumerated().max { left, right in
            let ranks = [left, right].map { HostHardware.rank(of: $0.element.target.accelerator) }
            // The list has the newest first.
            return ranks[0] == ranks[1] ? left.offset > right.offset : ranks[0] < ranks[1]
        }
        if let best = best?.element, let path = best.path { return (path, best) }
        throw nothing(in: path, wanted, hardware)
    }

    private static func isFolder(_ path: FilePath) throws(FileError) -> Bool {
        do throws(FileError) {
            _ = try Folder.open(path)
            return true
        } catch {
            if error.code == .notFound { return false }
            throw error
        }
    }

    private func nothing(in path: FilePath, _ offers: [EngineOffer], _ hardware: HostHardware) -> BundleError {
        let reasons = offers.prefix(8).map { offer in
            let obstacle = hardware.obstacles(to: offer.target).first
            return "\(offer.fileName) is \(obstacle ?? "not there")"
        }
        let list = reasons.isEmpty ? "" : ": " + reasons.joined(separator: "; ")
        return BundleError(
            .sourceNotFound, "no engine pack in \(path.string.escapedForOneLine) fits this host\(list)",
            hint: "See baigo engine devices \(path.string.escapedForOneLine).")
    }
}

extension EngineOffer {
    /// The ids of packs that run models for baigo.
    static let usableIDs: Set = ["llama-cpp", EngineOffer.ownID]
    /// The id of packs that baigo makes.
    static let ownID = "baigo-llama-cpp"
}

extension EnginePack {
    /// Why it does not fit a host.
    func obstacles(on hardware: HostHardware) -> [String] {
        hardware.obstacles(to: manifest.target, library: manifest.libraryVersion)
    }
}
