// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore

extension PolicyJudge {
    /// Formats that hold pickles.
    private static let pickled: Set<String> = ["pytorch", "torchscript"]

    /// Whether every format of weights is allowed: what the manifest says, what names say, what bytes say.
    func format(of subject: PolicySubject) -> PolicyFinding {
        var found: [String: String] = [:]
        if let format = subject.format?.lowercased() { found[format] = "the manifest" }
        for file in subject.files {
            guard let format = Self.format(of: file.path) else { continue }
            found[format] = found[format] ?? file.path
        }
        for (path, content) in subject.contents.sorted(by: { $0.key < $1.key }) {
            switch content {
            case .pickle: found["pytorch"] = path
            case .torchScript: found["torchscript"] = path
            case .containerImage: continue
            }
        }
        let shown = Self.list(found.keys)
        let refused = found.filter { format, _ in !policy.documents.allSatisfy { $0.allows(format: format) } }
        guard let (format, place) = refused.min(by: { $0.key < $1.key }) else {
            return PolicyFinding(.format, .pass, shown)
        }
        let danger = Self.pickled.contains(format) ? ", which can run any code when it is loaded" : ""
        return .against(
            .format, .format, shown, "\(place.excerptForOneLine) is \(format.excerptForOneLine)\(danger)",
            remedy:
                "files in the formats \(Self.list(policy.allowedFormats)), or \(format.excerptForOneLine) in format.allow"
        )
    }

    private static func format(of path: String) -> String? {
        let name = path.split(separator: "/").last.map(String.init) ?? path
        switch FileRecognition(name) {
        case .gguf: return "gguf"
        case .weights(let format): return format.rawValue
        case .companion(.adapter): return name.lowercased().hasSuffix(".bin") ? "pytorch" : nil
        case .companion, .unknown: return name.lowercased().hasSuffix(".pkl") ? "pytorch" : nil
        }
    }

    /// Whether the architecture is allowed.
    func architecture(of subject: PolicySubject) -> PolicyFinding {
        let found = Set(subject.architectures.map { $0?.lowercased() })
        let shown = Self.list(found.map { $0 ?? "none stated" })
        guard policy.documents.contains(where: { $0.states(.architecture) }) else {
            return PolicyFinding(.architecture, .notApplicable, shown)
        }
        let denied = policy.deniedArchitectures
        let allowed = policy.allowedArchitectures
        let refused = found.filter { name in
            name.map(denied.contains) ?? false || !(allowed.map { list in name.map(list.contains) ?? false } ?? true)
        }
        guard !refused.isEmpty else { return PolicyFinding(.architecture, .pass, shown) }
        return .against(
            .architecture, .architecture, shown, "the architecture \(shown) is not allowed",
            remedy: allowed.map { "one of the architectures " + Self.list($0) }
                ?? "an architecture other than " + Self.list(denied))
    }

    /// Whether the package is small enough.
    func size(of subject: PolicySubject) -> PolicyFinding {
        let shown = "\(subject.size.bytes)"
        guard let limit = policy.maximumPackage else { return PolicyFinding(.size, .notApplicable, shown) }
        guard subject.size > limit else { return PolicyFinding(.size, .pass, shown) }
        return .against(
            .size, .size, shown, "the package has \(subject.size), and \(limit) are allowed",
            remedy: "a package of at most \(limit.bytes) bytes")
    }

    /// Whether scanners can be given every file; what they say comes later.
    func scanner(of subject: PolicySubject) -> PolicyFinding {
        let scanners = policy.scanners
        let shown = Self.list(scanners.compactMap(\.command.first))
        guard !scanners.isEmpty else { return PolicyFinding(.scanner, .notApplicable, "none") }
        for scanner in scanners {
            for file in subject.files where scanner.leavesOut(file) && !scanner.mayLeaveOut(file) {
                let limit = scanner.maximumFileSize ?? ByteCount(0)
                return .against(
                    .scanner, .notScanned, file.path,
                    "\(file.path.excerptForOneLine) has \(ByteCount(file.size)), and the scanner takes \(limit)",
                    remedy: "files of at most \(limit.bytes) bytes, or leave by name in scanner.unscanned")
            }
        }
        return PolicyFinding(.scanner, .pending, shown)
    }
}

extension PolicyDocument {
    /// Whether a format may come in; without a list those that hold no pickles.
    fileprivate func allows(format: String) -> Bool {
        allowedFormats.map { $0.contains(format) } ?? !["pytorch", "torchscript"].contains(format)
    }
}

extension PolicyDocument.Scanner {
    /// Whether a file is too large for the scanner.
    package func leavesOut(_ file: PackageFile) -> Bool { maximumFileSize.map { ByteCount(file.size) > $0 } ?? false }

    /// Whether a file may pass unscanned.
    func mayLeaveOut(_ file: PackageFile) -> Bool { unscanned.contains { $0.matches(file.path) } }
}
