// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import Foundation
import TestSupport
import Testing

/// The policy of the host, `/etc/baigo/policy.toml`, seen by the real binary in a file system view of its own.
struct SystemPolicyTests {
    private static let canHaveAView: Bool = {
        let result = try? Program("unshare").run(["-rm", "mount", "--bind", "/tmp", "/etc"])
        return result?.status == 0
    }()

    /// Runs a script as root of a view whose `/etc` holds the policy and the names of users.
    private func run(_ script: String, policy: String, in site: Site) throws -> ProgramResult {
        expect(
            try site.shell("mkdir -p etc/baigo && cp /etc/passwd etc/ && rm -f etc/baigo/policy.toml"), endsWith: .done)
        try site.write(Data(("schema = 1\n" + policy).utf8), to: "etc/baigo/policy.toml")
        try site.write(Data("mount --bind etc /etc\n\(script)\n".utf8), to: "script")
        return try site.shell("unshare -rm bash -euo pipefail script")
    }

    @Test(.enabled(if: canHaveAView, "this host lets nobody make a view of their own"))
    func theStoresFileCannotLoosenTheHosts() throws {
        let site = try Site()
        expect(
            try site.baigo("export", Site.model, "-o", "a.baimodel", "--name", "demo", "--license", "Apache-2.0"),
            endsWith: .done)
        let policy = "[license]\ndeny = [\"Apache-2.0\"]\n"
        let refused = try run("$BAIGO import a.baimodel --yes --json", policy: policy, in: site)
        expect(refused, endsWith: .policy, identifier: "policy.license-denied")
        try site.write(
            Data(
                "schema = 1\n[license]\nallow = [\"Apache-2.0\"]\n[[override]]\nrule = \"license\"\nusers = [\"root\"]\n"
                    .utf8),
            to: "own.toml")
        expect(
            try run(
                "$BAIGO trust policy set own.toml; $BAIGO import a.baimodel --yes --json", policy: policy, in: site),
            endsWith: .policy, identifier: "policy.license-denied")
        expect(
            try run(
                "$BAIGO import a.baimodel --yes --json --override license --reason x", policy: policy, in: site),
            endsWith: .policy, identifier: "policy.override")
        expect(
            try run("$BAIGO import a.baimodel --yes --json", policy: "[nothing]\n", in: site), endsWith: .environment,
            identifier: "policy.unreadable")
        expect(
            try run("chmod 666 /etc/baigo/policy.toml; $BAIGO verify a.baimodel --json", policy: policy, in: site),
            endsWith: .environment, identifier: "policy.unreadable")
        expect(try run("$BAIGO import a.baimodel --yes", policy: "", in: site), endsWith: .done)
    }
}
