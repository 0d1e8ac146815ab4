// SPDX-License-Identifier: Apache-2.0

package import BaigoCore

/// Signatures over a checksum list that were made on another host.
package enum SignatureAttachment {
    /// Judges signatures before they are put into a package.
    ///
    /// - Parameters:
    ///   - signatures: An armored file of detached signatures.
    ///   - checksums: The list they have to be over.
    ///   - keys: Public keys that are known, each with all that is known of it.
    ///   - now: This host's time.
    /// - Returns: What is known of the signers, and what a person should hear of: keys that are not known here.
    /// - Throws: `BundleError`: `signatureMalformed`; `signatureBad` and the other codes of signatures that are refused
    ///   in any case, also for one over something else by a key that is not known.
    package static func judge(
        _ signatures: [UInt8], over checksums: [UInt8], keys: [PublicKeyBlock], now: Timestamp
    ) throws -> (report: SignatureReport, warnings: [Warning]) {
        for packet in try SignatureFile(reading: signatures).packets {
            guard packet.type == 0 || packet.type == nil else {
                throw BundleError(
                    .signatureBad, "a signature of the file is not one over a binary document",
                    hint: "Make it with: gpg --armor --detach-sign checksums.txt")
            }
            guard try packet.fits(checksums) != false else {
                throw BundleError(
                    .signatureBad, "a signature of the file is over something else than this package's checksums.txt",
                    hint: "Sign what baigo sign --detached-request writes, byte for byte.")
            }
        }
        let trusted = keys.map {
            TrustedKey(block: $0, userIDs: [], purposes: [.models], addedAt: now, addedBy: "")
        }
        let report = try SignatureVerifier.verify(
            signature: signatures, over: checksums, keys: trusted, kind: "model", now: now)
        let open = SignaturePolicy(requirement: .never)
        switch open.decide(report, isLatched: false, request: .asTheStoreSays) {
        case .refuse(let error): throw error
        case .accept(_, let warnings), .acceptByLeave(let warnings):
            let unknown = report.signers.filter { $0.status == .unknownKey }
            let others: [Warning] =
                report.status == .unknownKey
                ? []
                : unknown.map {
                    Warning(
                        identifier: BundleError.Code.signatureUnknownKey.rawValue,
                        message: "a signature is by a key that is not known here: \($0.shown)")
                }
            return (report, warnings + others)
        }
    }

    /// The public keys of the user's own GnuPG home that these signatures name.
    ///
    /// - Throws: `BundleError`: `signatureMalformed`, `openPGPUnavailable`, `library`.
    package static func publicKeys(
        named signatures: [UInt8], gnupgHome: String?
    ) throws(BundleError) -> [PublicKeyBlock] {
        let packets = try SignatureFile(reading: signatures).packets
        let context = try GPGContext(home: gnupgHome)
        let named = try context.keys().filter { info in
            info.keys.contains { key in packets.contains { $0.names(key.fingerprint) } }
        }
        var blocks: [PublicKeyBlock] = []
        for info in named {
            do throws(BundleError) {
                blocks.append(try context.publicKey(info.fingerprint))
            } catch {
                // A key of a form that is never trusted either stays unknown.
                guard error.code == .keyMalformed else { throw error }
            }
        }
        return blocks
    }
}
