// SPDX-License-Identifier: Apache-2.0

package import BaigoCore

/// Why an engine pack may be used: somebody who is trusted for engines signed it, or a person named its digest.
package struct EngineVerdict: Sendable {
    /// All signatures, those in the pack first.
    package let report: SignatureReport
    /// Whether a key that is trusted for engines signed it.
    package let isTrusted: Bool
    /// Whether it passes because its digest was named.
    package let isVouched: Bool
    package let warnings: [Warning]

    /// The verdict as receipts and `--json` show it.
    package var json: JSONValue {
        .object((report.json(required: true).object ?? [:]).merging(["digestNamed": .bool(isVouched)]) { $1 })
    }
}

extension EnginePack {
    /// Decides whether the pack may be used.
    ///
    /// An engine is code: a signature is needed whatever a store or policy says, and only a named digest stands in for
    /// one. A bad signature refuses it all the same.
    ///
    /// - Parameters:
    ///   - keys: The keys that are trusted here, for whatever purpose.
    ///   - acceptedExpiredKeys: Primary keys whose signatures count although the key has ended since.
    ///   - named: The digest of the file that the person named.
    ///   - now: This host's time.
    /// - Returns: Why it may be used.
    /// - Throws: `BundleError`: `digestMismatch` where another digest was named; a code of signatures; `FileError`;
    ///   `CancellationError`.
    package func judge(
        by keys: [TrustedKey], acceptingExpired acceptedExpiredKeys: Set<String>, named: SHA256Digest?, now: Timestamp
    ) throws -> EngineVerdict {
        if let named, named != digest {
            throw BundleError(
                .digestMismatch,
                "\(source.escapedForOneLine) has SHA-256 \(digest.hex), and \(named.hex) was named",
                hint: "Do not use this copy, unless the digest was mistyped.")
        }
        let inner = try SignatureVerifier.verify(
            signature: checksums == nil ? nil : signature, over: checksums ?? [], keys: keys, kind: manifest.kind,
            now: now)
        let outer = try SignatureVerifier.verify(
            signature: outerSignature, over: .file(archive.file), keys: keys, kind: EngineManifest.kind, now: now)
        for fault in [inner.fault, outer.fault].compactMap(\.self) { throw fault }
        let report = SignatureReport(signers: inner.signers + outer.signers)
        let policy = SignaturePolicy(requirement: .always, acceptedExpiredKeys: acceptedExpiredKeys)
        switch policy.decide(report, isLatched: true, request: .asTheStoreSays) {
        case .accept(_, let warnings), .acceptByLeave(let warnings):
            return EngineVerdict(report: report, isTrusted: true, isVouched: named != nil, warnings: warnings)
        case .refuse(let error):
            guard !report.status.isFinal else { throw error }
            guard named != nil else {
                throw BundleError(
                    error.code, error.message,
                    hint: "An engine is code. It needs a signature by a key that is trusted for engines (baigo trust "
                        + "add KEY.asc --for engines), or its digest from a source you trust: --sha256 HEX.")
            }
            return EngineVerdict(
                report: report, isTrusted: false, isVouched: true,
                warnings: [Warning(identifier: error.identifier, message: error.message)])
        }
    }
}
