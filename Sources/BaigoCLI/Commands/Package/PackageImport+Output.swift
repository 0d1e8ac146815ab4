// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import BundleKit
internal import ModelStore

extension PackageImport {
    private var isShowing: Bool { !output.quiet && !output.json }

    /// Shows a person what is about to be imported, on standard error.
    func show(_ package: PackageReader, _ verdict: PackageVerdict, _ context: CommandContext) throws {
        guard isShowing else { return }
        let out = context.errorOutput
        try out.text(PackageCard.text(package.manifest, identity: package.identity, packageSize: nil))
        try out.line("signature: " + (verdict.signature?.text.escapedForOneLine ?? "comes behind the data"))
        for line in verdict.lines { try out.line(line) }
        try out.warnings(package.warnings + verdict.warnings)
    }

    /// Shows how the package stands to what is in the store.
    func show(_ standing: ImportPreview.Standing, _ context: CommandContext) throws {
        guard isShowing else { return }
        switch standing {
        case .new: break
        case .present(let version):
            try context.errorOutput.line("already present as \(version.exactReference)")
        case .conflicting(let versions):
            let list = versions.map(\.exactReference.description).joined(separator: ", ")
            try context.errorOutput.line("exists with other content: \(list); both stay")
        }
    }

    /// Ends a dry run: says what would happen.
    func finishDryRun(
        _ package: PackageReader, _ verdict: PackageVerdict, _ preview: ImportPreview, _ context: CommandContext
    ) throws {
        let would: String
        switch preview.standing {
        case .new: would = "imported"
        case .present: would = "present"
        case .conflicting: would = "imported"
        }
        if output.json {
            var json = PackageReport(package, verdict: verdict, files: nil).json
            json["dryRun"] = true
            json["outcome"] = .string(would)
            json["neededBytes"] = .integer(preview.room.bytes)
            json["freeBytes"] = .integer(preview.free.bytes)
            try context.output.result(json)
        } else {
            try context.output.line(
                "would be \(would); needs \(preview.room) of \(preview.free) free; the data was not read")
        }
    }

    /// Says what was done.
    func report(_ result: ImportResult, _ shown: [Warning], _ context: CommandContext) throws {
        let version = result.package.version
        if output.json {
            try context.output.result([
                "outcome": .string(result.outcome.rawValue), "model": version.json,
                "replaced": .array(result.replaced.map { .string($0.exactReference.description) }),
                "writtenBytes": .integer(result.written.bytes), "warnings": result.warnings.json,
                "audit": result.audit.json,
            ])
            return
        }
        let what =
            switch result.outcome {
            case .imported: "imported"
            case .present: "already present"
            case .signaturesAdded: "already present, new signatures added"
            }
        try context.output.line("\(version.reference): \(what)\(version.isTrusted ? ", trusted" : "")")
        if !output.quiet { try context.output.line("identity: \(version.identity)") }
        try context.errorOutput.warnings(result.warnings.filter { !shown.contains($0) })
    }
}
