// SPDX-License-Identifier: Apache-2.0

package import BaigoCore

/// What a policy has to know of a package, and of the store it is for.
package struct PolicySubject: Sendable {
    /// What a store holds of the package's name, and how full it is.
    package struct Store: Sendable, Equatable {
        /// Bytes that the store holds.
        package let held: ByteCount
        /// Bytes that the package adds.
        package let needed: ByteCount
        /// The other versions of the name; `nil` where nothing is added to them.
        package let versions: [Version]?

        /// Describes a store.
        package init(held: ByteCount, needed: ByteCount, versions: [Version]?) {
            self.held = held
            self.needed = needed
            self.versions = versions
        }
    }

    /// A version, and when it was signed by a trusted key.
    package struct Version: Sendable, Equatable {
        package let number: String
        package let signedAt: Timestamp?

        /// Describes a version.
        package init(number: String, signedAt: Timestamp?) {
            self.number = number
            self.signedAt = signedAt
        }
    }

    package let name: PackageName
    package let version: PackageVersion
    package let license: String?
    package let format: String?
    package let size: ByteCount
    package let files: [PackageFile]
    /// As the manifest says, and where the files were looked at, as they say.
    package var architectures: [String?]
    /// What files were recognised as, by path.
    package var contents: [String: FileContent]
    /// The signatures that count as those of trusted keys; `nil` where they come behind the data.
    package var signers: [SignatureReport.Signer]?
    /// `nil` where the package is judged for no store.
    package var store: Store?

    /// Takes what a package says of itself.
    package init(
        _ manifest: Manifest, files: [PackageFile], contents: [String: FileContent] = [:],
        signers: [SignatureReport.Signer]?, store: Store? = nil
    ) {
        name = manifest.name
        version = manifest.version
        license = manifest.licenseID
        format = manifest.format
        size = ByteCount(files.reduce(0) { $0 + $1.size })
        architectures = [manifest.architecture]
        self.files = files
        self.contents = contents
        self.signers = signers
        self.store = store
    }

    /// When it was signed by a trusted key, the last time.
    var signedAt: Timestamp? { signers?.compactMap(\.createdAt).max() }
}

/// What a person asks of a policy for one package.
package struct PolicyRequest: Sendable, Equatable {
    /// The user, by name.
    package let user: String
    /// Rules to be overridden, where the policy lets the user.
    package var overrides: Set<PolicyRule> = []
    /// Why; goes into receipt and audit log.
    package var reason: String?
    /// Whether a licence that cannot be judged is accepted.
    package var isAcceptingLicense = false
    /// Whether the engine is to load the model once, although the policy does not ask for it.
    package var isProbing = false

    /// Asks for nothing.
    package init(user: String) {
        self.user = user
    }
}
