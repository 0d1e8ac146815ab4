// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import BundleKit
internal import EngineClient
internal import ModelStore
internal import SystemPackage

/// Lets an engine pack in, or not, and writes a refusal into the audit log.
struct EngineAdmission {
    let store: ModelStore
    /// The digest that the person named.
    let named: SHA256Digest?
    /// Whether a refusal is written down.
    let isRecording: Bool
    let context: CommandContext

    /// Where a pack comes from, for receipt and audit log.
    func origin(of path: FilePath) -> String {
        // A path that leads nowhere is an error of its own; until then it is shown as it was given.
        (try? path.resolved().string) ?? path.string
    }

    /// Reads a pack through and judges it.
    ///
    /// - Parameters:
    ///   - path: The pack.
    ///   - host: This host.
    ///   - hardware: What it has.
    ///   - show: Takes notice of the pack before its signature is judged.
    /// - Returns: The pack, and why it may be used.
    /// - Throws: What stands against it.
    func open(
        _ path: FilePath, _ host: Host, _ hardware: HostHardware, show: (EnginePack) throws -> Void
    ) throws -> (EnginePack, EngineVerdict) {
        var found: EnginePack?
        do {
            let pack = try EnginePack.open(path, copyingTo: host.spoolFolder)
            found = pack
            try show(pack)
            if let obstacle = hardware.platformObstacles(to: pack.manifest.target).first {
                throw BundleError(
                    breaking: EngineRule.platform, "\(path.string.escapedForOneLine) is \(obstacle)",
                    hint: "Get the pack for this system.")
            }
            return (pack, try judge(pack))
        } catch let error as any PresentableError {
            try record(error, of: found, path)
            throw error
        }
    }

    /// Decides by the keys of the store and the digest that was named.
    ///
    /// - Throws: `BundleError` with a code of signatures, or `digestMismatch`.
    func judge(_ pack: EnginePack) throws -> EngineVerdict {
        let trust = try Trust(store)
        return try pack.judge(
            by: try store.keyRing()?.list() ?? [], acceptingExpired: trust.policy.acceptedExpiredKeys, named: named,
            now: .now)
    }

    private func record(_ refusal: any PresentableError, of pack: EnginePack?, _ path: FilePath) throws {
        guard isRecording, refusal.isRefusal else { return }
        let event = AuditEvent(
            "engine.import", model: pack.map { "\($0.manifest.id):\($0.manifest.version)" }, identity: pack?.digest,
            details: ["from": .string(origin(of: path).escapedForOneLine)])
        if let fault = try store.noteRefusal(event, error: refusal) { try? context.errorOutput.warnings([fault]) }
    }
}
