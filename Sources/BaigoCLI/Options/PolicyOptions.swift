// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import BaigoCore
internal import BundleKit
internal import ModelStore

extension PolicyRule: ExpressibleByArgument {
    package static var allValueStrings: [String] { allCases.filter(\.isOverridable).map(\.rawValue) }
}

/// What the command line asks of the policy.
struct PolicyOptions: ParsableArguments {
    @Flag(help: "Accept a licence that cannot be judged, where the policy asks. It is recorded.")
    var acceptLicense = false

    @Option(
        name: .customLong("override"),
        help: ArgumentHelp(
            "Override a rule, where the policy lets you. It is recorded. Can be given several times.", valueName: "rule"
        ))
    var overrides: [PolicyRule] = []

    @Option(help: ArgumentHelp("Why the rules are overridden.", valueName: "text"))
    var reason: String?

    @Flag(
        help: "Let the engine load the model once and give a token before it is committed, as the policy may ask for.")
    var probe = false

    func validate() throws {
        if let rule = overrides.first(where: { !$0.isOverridable }) {
            throw ValidationError("The rule \(rule.rawValue) cannot be overridden.")
        }
        if overrides.isEmpty != (reason ?? "").isEmpty {
            throw ValidationError("--override and --reason go together.")
        }
        if (reason ?? "").utf8.count > 1024 { throw ValidationError("--reason has at most 1024 bytes.") }
    }

    var request: PolicyRequest {
        var request = PolicyRequest(user: StoreContext.current(program: BaigoRelease.product).user)
        request.overrides = Set(overrides)
        request.reason = reason
        request.isAcceptingLicense = acceptLicense
        request.isProbing = probe
        return request
    }
}
