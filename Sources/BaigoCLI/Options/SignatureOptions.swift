// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import BundleKit

/// What the command line demands of signatures.
struct SignatureOptions: ParsableArguments {
    @Flag(help: "Refuse a package without a signature by a trusted key.")
    var requireSignature = false

    var request: SignaturePolicy.Request { requireSignature ? .requireSignature : .asTheStoreSays }
}
