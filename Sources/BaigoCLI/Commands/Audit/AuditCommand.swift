// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser

/// `baigo audit`: what changed in the store, and what was refused.
struct AuditCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "Show and check the log of everything that changed the store or was refused.",
        subcommands: [AuditShow.self, AuditVerify.self, AuditExport.self, AuditRotate.self, AuditResetClock.self])
}
