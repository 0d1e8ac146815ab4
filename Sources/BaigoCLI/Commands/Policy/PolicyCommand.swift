// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser

/// `baigo trust policy`: the rules that packages have to meet.
struct PolicyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "policy",
        abstract: "Keep the rules that packages have to meet.",
        discussion: "The policy of the host, /etc/baigo/policy.toml, and that of the store both hold.",
        subcommands: [PolicyShow.self, PolicyCheck.self, PolicySet.self, PolicyExplain.self])
}
