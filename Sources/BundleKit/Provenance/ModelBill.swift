// SPDX-License-Identifier: Apache-2.0

package import BaigoCore

/// A bill of materials of a package: a CycloneDX ML-BOM.
///
/// Everything in it is of the package, so that equal packages have equal bills, wherever they are made.
///
/// Source: CycloneDX 1.6 (ECMA-424), JSON schema `bom-1.6`.
package struct ModelBill {
    private static let modelReference = "model"

    private let package: PackageReader
    private var manifest: Manifest { package.manifest }

    /// Describes a package.
    package init(of package: PackageReader) {
        self.package = package
    }

    /// The document.
    ///
    /// - Throws: `BundleError` when OpenSSL fails.
    package func json() throws(BundleError) -> [String: JSONValue] {
        var metadata: [String: JSONValue] = [
            "component": .object(model), "tools": ["components": .array([Self.tool])],
        ]
        metadata["timestamp"] = manifest.createdAt.flatMap(Timestamp.init).map { .string($0.description) }
        let files = package.files.map(Self.component)
        return [
            "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json", "bomFormat": "CycloneDX",
            "specVersion": "1.6", "version": 1,
            "serialNumber": .string("urn:uuid:" + (try NamedUUID.of(identity: package.identity))),
            "metadata": .object(metadata), "components": .array(files),
            "dependencies": .array([
                [
                    "ref": .string(Self.modelReference),
                    "dependsOn": .array(package.files.map { .string(Self.reference($0)) }),
                ]
            ]),
        ]
    }

    private static let tool: JSONValue = [
        "type": "application", "name": "baigo", "version": .string(BaigoRelease.version),
    ]

    private static func reference(_ file: PackageFile) -> String { "file:" + file.path }

    private static func component(_ file: PackageFile) -> JSONValue {
        [
            "type": "file", "bom-ref": .string(reference(file)), "name": .string(file.path),
            "hashes": .array([["alg": "SHA-256", "content": .string(file.sha256.hex)]]),
            "properties": .array([
                property("baigo:role", file.role.rawValue), property("baigo:size", String(file.size)),
            ]),
        ]
    }

    private static func property(_ name: String, _ value: String) -> JSONValue {
        ["name": .string(name), "value": .string(value)]
    }

    private var model: [String: JSONValue] {
        var model: [String: JSONValue] = [
            "type": "machine-learning-model", "bom-ref": .string(Self.modelReference),
            "name": .string(manifest.name.model), "version": .string(manifest.version.description),
            "modelCard": .object(modelCard), "properties": .array(properties),
        ]
        model["group"] = manifest.name.publisher.map { .string($0) }
        model["publisher"] = manifest.publisher.map { .string($0) }
        model["description"] = manifest.displayName.map { .string($0) }
        model["licenses"] = manifest.licenseID.map { .array([BillLicense.json($0)]) }
        model["purl"] = origin.packageURL.map { .string($0) }
        if !origin.references.isEmpty { model["externalReferences"] = .array(origin.references) }
        if !manifest.tags.isEmpty { model["tags"] = .array(manifest.tags.map { .string($0) }) }
        if !manifest.baseModels.isEmpty {
            let ancestors: [JSONValue] = manifest.baseModels.map {
                ["type": "machine-learning-model", "name": .string($0)]
            }
            model["pedigree"] = ["ancestors": .array(ancestors)]
        }
        return model
    }

    private var origin: BillOrigin { BillOrigin(manifest) }

    private var modelCard: [String: JSONValue] {
        var parameters: [String: JSONValue] = [:]
        parameters["task"] = manifest.task.map { .string($0) }
        parameters["architectureFamily"] = manifest.architecture.map { .string($0) }
        return ["modelParameters": .object(parameters)]
    }

    private var properties: [JSONValue] {
        let values: [(String, String?)] = [
            ("baigo:content", package.content.description),
            ("baigo:contextLength", manifest.contextLength?.description),
            ("baigo:createdBy", manifest.createdBy), ("baigo:format", manifest.format),
            ("baigo:identity", package.identity.description),
            ("baigo:languages", manifest.languages.isEmpty ? nil : manifest.languages.joined(separator: " ")),
            ("baigo:parameters", manifest.parameters?.description), ("baigo:quantization", manifest.quantization),
            ("baigo:repository", manifest.repository), ("baigo:revision", manifest.revision),
        ]
        return values.compactMap { name, value in value.map { Self.property(name, $0) } }
    }
}
