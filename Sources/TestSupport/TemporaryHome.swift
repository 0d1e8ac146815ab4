// SPDX-License-Identifier: Apache-2.0

package import SystemPackage
package import Testing

/// Gives each test a home of its own, which is not there yet, in a folder of its own.
package struct TemporaryHome: TestTrait, SuiteTrait, TestScoping {
    @TaskLocal private static var folder: TemporaryFolder?

    /// The home of the running test.
    ///
    /// Outside the trait it is a path under which nothing can be made.
    package static var path: FilePath { around.appending("home") }

    /// The folder around the home, for packages and other things of the test.
    package static var around: FilePath { folder?.path ?? "/dev/null" }

    package var isRecursive: Bool { true }

    package func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable @concurrent () async throws -> Void
    ) async throws {
        guard testCase != nil else { return try await function() }
        let folder = try TemporaryFolder()
        try await Self.$folder.withValue(folder) { try await function() }
        withExtendedLifetime(folder) {}
    }
}

extension Trait where Self == TemporaryHome {
    /// A home of the test's own: `TemporaryHome.path`.
    package static var temporaryHome: Self { Self() }
}
