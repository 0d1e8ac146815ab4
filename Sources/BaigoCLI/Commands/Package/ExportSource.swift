// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import BundleKit

/// What is exported: files of the host, or a package of the store that is written as it came in.
enum ExportSource {
    case files(ModelSource)
    case stored(PackageReader)

    var warnings: [Warning] {
        switch self {
        case .files(let source): source.warnings
        case .stored: []
        }
    }

    /// Whether the package brings signatures along.
    var isSigned: Bool {
        switch self {
        case .files: false
        case .stored(let package): package.signature != nil && !package.hasMadeManifest
        }
    }

    /// Name and licence, as the package will say.
    var stated: (name: PackageName, license: String?) {
        switch self {
        case .files(let source): (source.draft.name, source.draft.members["license"]?["id"]?.string)
        case .stored(let package): (package.manifest.name, package.manifest.licenseID)
        }
    }

    /// Bytes of the package, without a new signature.
    func measure(as format: PackageFormat) throws -> ByteCount {
        switch self {
        case .files(let source): try PackageWriter.measure(source.plan, as: format)
        case .stored(let package): try PackageWriter.measure(package, as: format)
        }
    }

    /// Writes the package.
    func write(
        as format: PackageFormat, to target: PackageTarget, signing key: SigningKey?,
        progress: any ProgressObserver
    ) throws -> WrittenPackage {
        let sign = key.map { key in { (list: [UInt8]) in try DetachedSigner.sign(list, with: key).armored } }
        switch self {
        case .files(let source):
            return try PackageWriter.write(source.plan, as: format, to: target, signing: sign, progress: progress)
        case .stored(let package):
            return try PackageWriter.rewrite(package, as: format, to: target, signing: sign, progress: progress)
        }
    }

    /// What a person is shown before anything is written.
    func card(packageSize: ByteCount) -> String {
        switch self {
        case .files(let source):
            var card = TextCard()
            let members = source.draft.members
            card.add("name", source.draft.name.description)
            card.add("version", source.draft.version?.description ?? "from the content")
            card.add("format", members["format"]?.string)
            card.add("architecture", members["architecture"]?.string)
            card.add("parameters", members["parameters"]?.integer.map(PackageCard.shortCount))
            card.add("quantization", members["quantization"]?.string)
            card.add("context", members["contextLength"]?.integer.map { "\($0) tokens" })
            card.add("licence", members["license"]?["id"]?.string)
            for (label, key) in [("publisher", "publisher"), ("repository", "repository"), ("revision", "revision")] {
                card.add(label, members[key]?.string)
            }
            card.add("files", "\(source.files.count), \(ByteCount(source.files.reduce(0) { $0 + $1.size }))")
            card.add("package size", "\(packageSize) (\(packageSize.bytes) bytes)")
            return card.text
        case .stored(let package):
            return PackageCard.text(package.manifest, identity: package.identity, packageSize: packageSize)
        }
    }

    /// Each file with role and size.
    var contents: String {
        switch self {
        case .files(let source):
            var table = TextTable("FILE", "ROLE", "SIZE")
            table.rows = source.files.map { [$0.path, $0.role.rawValue, ByteCount($0.size).description] }
            return table.text
        case .stored(let package): return PackageCard.contents(package.manifest)
        }
    }

    /// What is known before hashing.
    var json: JSONValue {
        switch self {
        case .files(let source):
            var members = source.draft.members
            members["name"] = .string(source.draft.name.description)
            members["version"] = .text(source.draft.version?.description)
            members["totalSize"] = .integer(source.files.reduce(0) { $0 + $1.size })
            members["files"] = .array(
                source.files.map {
                    ["path": .string($0.path), "role": .string($0.role.rawValue), "size": .integer($0.size)]
                })
            return .object(members)
        case .stored(let package): return .object(package.manifest.json)
        }
    }
}
