// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser

/// `baigo trust`: the keys whose signatures count on this host, and the policy.
struct TrustCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trust",
        abstract: "Keep the keys whose signatures count on this host, and its policy.",
        discussion: "Once a key was added, packages need a signature by a trusted key.",
        subcommands: [
            TrustAdd.self, TrustList.self, TrustShow.self, TrustExport.self, TrustRemove.self,
            TrustMakeBundle.self, TrustTakeUpdate.self, PolicyCommand.self,
        ])
}
