// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import BundleKit
internal import ModelStore

extension StoredVersion {
    /// One version with the store that it is in.
    func json(in place: StoreShelf.Place) -> JSONValue {
        .object((json.object ?? [:]).merging(["store": .string(place.rawValue)]) { $1 })
    }

    /// One version, as lists and imports show it.
    var json: JSONValue {
        [
            "name": .string(name.description), "version": .string(version.description),
            "reference": .string(exactReference.description), "identity": .string(identity.description),
            "content": .string(content.description), "active": .bool(isActive), "pinned": .bool(isPinned),
            "importedAt": .string(importedAt.description), "size": .integer(size.bytes),
            "displayName": .text(summary.displayName), "format": .text(summary.format),
            "architecture": .text(summary.architecture), "quantization": .text(summary.quantization),
            "license": .text(summary.license), "parameters": .number(summary.parameters),
            "contextLength": .number(summary.contextLength), "signature": .string(signatureStatus),
            "trusted": .bool(isTrusted),
        ]
    }
}
