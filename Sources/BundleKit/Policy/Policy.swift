// SPDX-License-Identifier: Apache-2.0

package import BaigoCore

/// What holds on a host: the policy files that are there, each a whole policy; a package must satisfy every one.
///
/// Where there is no file, the defaults hold. Of two values the stricter counts, key by key; a key that a file leaves
/// out has its default there.
package struct Policy: Sendable, Equatable {
    /// Where a policy file lies.
    package enum Place: String, Sendable, CaseIterable {
        /// `/etc/baigo/policy.toml`.
        case system
        /// `policy.toml` in the home of the store.
        case store
    }

    /// One policy file.
    package struct Part: Sendable, Equatable {
        package let place: Place
        package let path: String
        package let sha256: SHA256Digest
        package let document: PolicyDocument

        /// Reads the content of a policy file.
        ///
        /// - Throws: `PolicyError`, code `unreadable`; `BundleError` when OpenSSL fails.
        package init(_ place: Place, path: String, reading bytes: [UInt8]) throws {
            self.place = place
            self.path = path
            sha256 = try SHA256Digest(of: bytes)
            do throws(PolicyError) {
                document = try PolicyDocument(reading: bytes)
            } catch {
                throw error.inFile(path)
            }
        }
    }

    /// The files that are there.
    package let parts: [Part]
    /// SHA-256 over a line `<hex>  <place>` LF for each file; `nil` without files.
    package let digest: SHA256Digest?

    /// Puts files together.
    ///
    /// - Throws: `BundleError` when OpenSSL fails.
    package init(_ parts: [Part] = []) throws(BundleError) {
        self.parts = parts
        let lines = parts.map { "\($0.sha256.hex)  \($0.place.rawValue)\n" }.joined()
        digest = parts.isEmpty ? nil : try SHA256Digest(of: Array(lines.utf8))
    }

    /// The documents that apply; the defaults alone where there is no file.
    package var documents: [PolicyDocument] { parts.isEmpty ? [PolicyDocument()] : parts.map(\.document) }
}

extension Policy {
    /// When a signature is required: `always` before `auto` before `never`.
    package var required: SignaturePolicy.Requirement {
        let stated = documents.map(\.required)
        return stated.contains(.always) ? .always : stated.contains(.auto) ? .auto : .never
    }

    /// Distinct primary keys that have to sign: the highest number.
    package var threshold: Int64 { documents.map(\.threshold).max() ?? 0 }

    /// Keys whose signatures count although the key has ended since: those that every file names.
    package var acceptedExpiredKeys: Set<String> { common(documents.map(\.acceptedExpiredKeys)) }

    /// Keys whose signatures count although they are trusted for something else: those that every file names.
    package var acceptedOtherPurposeKeys: Set<String> { common(documents.map(\.acceptedOtherPurposeKeys)) }

    /// What becomes of models whose signer's key is revoked: `deactivate` before `warn`.
    package var onRevocation: PolicyDocument.RevocationResponse { documents.map(\.onRevocation).max() ?? .warn }

    /// What happens when a licence cannot be judged: `deny` before `ask` before `allow`.
    package var unknownLicense: PolicyDocument.UnknownLicense { documents.map(\.unknownLicense).max() ?? .allow }

    /// Whether only what may be passed on leaves this host: where one file says so.
    package var needsRedistribution: Bool { documents.contains(where: \.needsRedistribution) }

    /// Formats of weights that may come in: those that every file allows.
    package var allowedFormats: Set<String> {
        let safe = PolicyDocument.formats.subtracting(["pytorch", "torchscript"])
        return common(documents.map { $0.allowedFormats ?? safe })
    }

    /// Architectures that may come in: those that every list has; `nil` without a list.
    package var allowedArchitectures: Set<String>? {
        let lists = documents.compactMap(\.allowedArchitectures)
        return lists.isEmpty ? nil : common(lists)
    }

    /// Architectures that one file denies.
    package var deniedArchitectures: Set<String> { Set(documents.flatMap(\.deniedArchitectures)) }

    /// Bytes of a package at the most: the lowest number.
    package var maximumPackage: ByteCount? { documents.compactMap(\.maximumPackage).min() }

    /// Bytes of a store at the most: the lowest number.
    package var quota: ByteCount? { documents.compactMap(\.quota).min() }

    /// Whether an older version may follow a newer one: where every file lets it.
    package var isDowngradeAllowed: Bool { documents.allSatisfy(\.isDowngradeAllowed) }

    /// The scanners, all of which have to be content.
    package var scanners: [PolicyDocument.Scanner] { documents.compactMap(\.scanner) }

    /// Whether the engine has to load a model once before it is committed: where one file says so.
    package var needsProbe: Bool { documents.contains(where: \.needsProbe) }

    /// Whether a user may override a rule for one import: where every file that states the rule says so.
    package func lets(_ user: String, override rule: PolicyRule) -> Bool {
        let stating = documents.filter { $0.states(rule) }
        return !stating.isEmpty && stating.allSatisfy { $0.lets(user, override: rule) }
    }

    private func common(_ sets: [Set<String>]) -> Set<String> {
        guard let first = sets.first else { return [] }
        return sets.dropFirst().reduce(first) { $0.intersection($1) }
    }
}
