// SPDX-License-Identifier: Apache-2.0

package import BaigoCore

extension PolicyJudge {
    /// Whether the store may hold the package too.
    func quota(of subject: PolicySubject) -> PolicyFinding {
        guard let store = subject.store else { return PolicyFinding(.quota, .notApplicable, "no store") }
        return quota(held: store.held, adding: store.needed, as: "the package needs")
    }

    /// Whether the store may hold several packages too.
    ///
    /// - Parameters:
    ///   - held: What the store holds.
    ///   - needed: What they add together.
    /// - Returns: The finding, overridden where the user asks for it and may.
    package func quotaOfAll(held: ByteCount, adding needed: ByteCount) -> PolicyFinding {
        settled(quota(held: held, adding: needed, as: "the packages together need"))
    }

    private func quota(held: ByteCount, adding needed: ByteCount, as words: String) -> PolicyFinding {
        guard let limit = policy.quota else { return PolicyFinding(.quota, .notApplicable, "\(needed.bytes)") }
        let (sum, overflow) = held.bytes.addingReportingOverflow(needed.bytes)
        let shown = "\(overflow ? Int64.max : sum)"
        guard overflow || ByteCount(sum) > limit, needed.bytes > 0 else {
            return PolicyFinding(.quota, .pass, shown)
        }
        return .against(
            .quota, .quota, shown, "\(words) \(needed), the store holds \(held), and \(limit) are allowed",
            remedy: "a store of at most \(limit.bytes) bytes: remove models, or raise store.quota")
    }

    /// Whether the version is no older than any in the store.
    func downgrade(of subject: PolicySubject) -> PolicyFinding {
        let shown = subject.version.description
        guard !policy.isDowngradeAllowed, let versions = subject.store?.versions, !versions.isEmpty else {
            return PolicyFinding(.downgrade, .notApplicable, shown)
        }
        guard let signers = subject.signers else {
            return PolicyFinding(.downgrade, .pending, shown)
        }
        let candidate = PolicySubject.Version(number: shown, signedAt: signers.compactMap(\.createdAt).max())
        for stored in versions {
            let reason: String
            switch VersionOrder(candidate, after: stored) {
            case .newer: continue
            case .older: reason = "is older than \(stored.number) of the store"
            case .unknown: reason = "cannot be compared with \(stored.number) of the store"
            }
            return .against(
                .downgrade, .downgrade, shown, "version \(shown) of \(subject.name) \(reason)",
                remedy: "a version that is newer than \(stored.number), by its number or its trusted signature's time")
        }
        return PolicyFinding(.downgrade, .pass, shown)
    }
}

/// How a version stands to another one: by dotted numbers, else by the times of trusted signatures.
enum VersionOrder: Equatable {
    case newer, older, unknown

    /// Compares; versions of one number and one time count as newer.
    init(_ candidate: PolicySubject.Version, after stored: PolicySubject.Version) {
        if let new = Self.numbers(candidate.number), let old = Self.numbers(stored.number) {
            let count = max(new.count, old.count)
            let zeros = { (parts: [String]) in parts + Array(repeating: "", count: count - parts.count) }
            for (new, old) in zip(zeros(new), zeros(old)) where new != old {
                let isGreater = new.utf8.count != old.utf8.count ? new.utf8.count > old.utf8.count : new > old
                self = isGreater ? .newer : .older
                return
            }
        }
        guard let new = candidate.signedAt, let old = stored.signedAt else {
            self = .unknown
            return
        }
        self = new >= old ? .newer : .older
    }

    /// The numbers of `1.2.10` without leading zeros; `nil` for a version of another form.
    private static func numbers(_ version: String) -> [String]? {
        let parts = version.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }) else { return nil }
        return parts.map { String($0.drop { $0 == "0" }) }
    }
}
