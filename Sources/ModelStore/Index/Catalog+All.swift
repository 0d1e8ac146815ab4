// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import BundleKit

extension Catalog {
    /// When the folders of models were changed last, in nanoseconds since 1970: by publisher, then by model.
    private typealias Stamps = [String: [String: Int64]]

    private enum Half {
        case index(IndexSnapshot?)
        case folders(Stamps, [FileError])
    }

    /// Stands for a folder that cannot be looked at: no index has such a time.
    private static let unknownStamp = Int64.min

    /// All models by name, from the index as far as that is as new as the plain files.
    ///
    /// A model whose folder changed after the index was made, by hand or by a command that died, is read itself. Index
    /// and folders are looked at side by side: whichever is older, what differs is read again.
    ///
    /// - Returns: The models, and why folders of publishers cannot be read.
    /// - Throws: `FileError` where the folder of all models cannot be read.
    func all() throws -> (models: [(name: PackageName, reading: Reading)], faults: [FileError]) {
        var indexed: [IndexSnapshot.Entry] = []
        var stamps: Stamps = [:]
        var faults: [FileError] = []
        let halves = try Parallel.map([true, false]) { isIndex -> Half in
            isIndex ? .index(IndexSnapshot(in: root)) : try self.stamps()
        }
        for half in halves {
            switch half {
            case .index(let snapshot): indexed = snapshot?.entries ?? []
            case .folders(let found, let unread): (stamps, faults) = (found, unread)
            }
        }
        var models: [(name: PackageName, reading: Reading)] = []
        for entry in indexed {
            let publisher = entry.name.publisher ?? StoreLayout.noPublisher
            guard stamps[publisher]?.removeValue(forKey: entry.name.model) == entry.stamp else {
                models.append((entry.name, try reading(of: entry.name)))
                continue
            }
            models.append((entry.name, Reading(versions: entry.versions)))
        }
        let others = stamps.flatMap { publisher, models in
            models.keys.compactMap { Self.name(publisher: publisher, model: $0) }
        }
        guard !others.isEmpty else { return (models, faults) }
        models += try others.map { ($0, try reading(of: $0)) }
        return (models.sorted { $0.name.description.precedesBytewise($1.name.description) }, faults)
    }

    private func stamps() throws(FileError) -> Half {
        var stamps: Stamps = [:]
        let faults = try eachFolder { publisher, folder throws(FileError) in
            var found: [String: Int64] = [:]
            for model in try folder.namesAndOthers().names {
                do throws(FileError) {
                    found[model] = try folder.status(of: model)?.modifiedNanoseconds
                } catch {
                    found[model] = Self.unknownStamp
                }
            }
            stamps[publisher] = found
        }
        return .folders(stamps, faults)
    }
}
