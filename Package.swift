// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0
import PackageDescription

let package = Package(
    name: "baigo",
    products: [
        .executable(name: "baigo", targets: ["baigo"]),
        .executable(name: "baigo-engine", targets: ["baigo-engine"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-system", exact: "1.8.1"),
        .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
        .package(url: "https://github.com/LebJe/TOMLKit", exact: "0.6.0"),
    ],
    targets: [
        .systemLibrary(name: "CArchive", pkgConfig: "libarchive", providers: [.apt(["libarchive-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CDeflate", pkgConfig: "libdeflate", providers: [.apt(["libdeflate-dev"])]),
        .systemLibrary(name: "CGPGME", pkgConfig: "gpgme", providers: [.apt(["libgpgme-dev"])]),
        .systemLibrary(name: "CLlama", pkgConfig: "llama"),
        .systemLibrary(name: "CLlamaCommon", pkgConfig: "llama-common"),
        .systemLibrary(name: "COpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CLinux"),
        .target(name: "CKeeper"),
        .target(
            name: "BaigoCore",
            dependencies: ["CLinux", .product(name: "SystemPackage", package: "swift-system")]
        ),
        .target(
            name: "BundleKit",
            dependencies: [
                "BaigoCore", "CArchive", "CDeflate", "CGPGME", "CKeeper", "COpenSSL", "CZlib",
                .product(name: "SystemPackage", package: "swift-system"),
                .product(name: "TOMLKit", package: "TOMLKit"),
            ]
        ),
        .target(
            name: "ModelStore",
            dependencies: [
                "BaigoCore", "BundleKit",
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "SystemPackage", package: "swift-system"),
            ]
        ),
        .target(name: "EngineWire", dependencies: ["BaigoCore"]),
        .target(
            name: "CLlamaChat",
            dependencies: ["CLlama", "CLlamaCommon"],
            linkerSettings: [.linkedLibrary("llama-common")]
        ),
        .target(name: "CWorkerGuard"),
        .target(
            name: "EngineRunner",
            dependencies: ["BaigoCore", "EngineWire", "CLlama", "CLlamaChat"]
        ),
        .target(
            name: "EngineClient",
            dependencies: [
                "BaigoCore", "BundleKit", "EngineWire", .product(name: "SystemPackage", package: "swift-system"),
            ]
        ),
        .target(
            name: "BaigoCLI",
            dependencies: [
                "BaigoCore", "BundleKit", "ModelStore", "EngineClient", "EngineWire",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "SystemPackage", package: "swift-system"),
                .product(name: "TOMLKit", package: "TOMLKit"),
            ]
        ),
        .executableTarget(
            name: "baigo",
            dependencies: ["BaigoCLI", "BaigoCore", .product(name: "SystemPackage", package: "swift-system")]
        ),
        .executableTarget(name: "baigo-engine", dependencies: ["EngineRunner", "EngineWire", "CWorkerGuard"]),
        .target(
            name: "TestSupport",
            dependencies: [
                "BaigoCore",
                .product(name: "SystemPackage", package: "swift-system"),
            ]
        ),
        .testTarget(
            name: "BaigoCoreTests",
            dependencies: ["BaigoCore", .product(name: "SystemPackage", package: "swift-system")]
        ),
        .testTarget(
            name: "BundleKitTests",
            dependencies: [
                "BundleKit", "BaigoCore", "TestSupport", .product(name: "SystemPackage", package: "swift-system"),
            ]
        ),
        .testTarget(
            name: "ModelStoreTests",
            dependencies: [
                "ModelStore", "BundleKit", "BaigoCore", "TestSupport",
                .product(name: "SystemPackage", package: "swift-system"),
            ]
        ),
        .testTarget(
            name: "EngineClientTests",
            dependencies: [
                "EngineClient", "EngineWire", "BundleKit", "BaigoCore", "TestSupport", "baigo-engine",
                .product(name: "SystemPackage", package: "swift-system"),
            ]
        ),
        .testTarget(name: "EngineRunnerTests", dependencies: ["EngineRunner", "EngineWire"]),
        .testTarget(
            name: "BaigoCLITests",
            dependencies: [
                "BaigoCLI", "BaigoCore", "BundleKit", "EngineWire", "ModelStore", "TestSupport",
                .product(name: "SystemPackage", package: "swift-system"),
            ]
        ),
        .testTarget(name: "CommandTests", dependencies: ["baigo", "baigo-engine", "TestSupport", "BaigoCore"]),
    ],
    cxxLanguageStandard: .cxx17
)

// Only scripts ask for these; see docs/fuzzing.md.
if Context.environment["BAIGO_FUZZ"] == "1" {
    package.products.append(.library(name: "FuzzTargets", type: .static, targets: ["FuzzTargets"]))
    package.targets.append(
        .target(
            name: "FuzzTargets",
            dependencies: ["BaigoCore", "BundleKit", .product(name: "SystemPackage", package: "swift-system")],
            path: "Fuzz/Targets"
        ))
}

let strict = ["ExistentialAny", "InternalImportsByDefault", "MemberImportVisibility", "NonisolatedNonsendingByDefault"]
let warningsAreErrors = Context.environment["BAIGO_WARNINGS_AS_ERRORS"] == "1"
for target in package.targets where [.regular, .executable, .test].contains(target.type) {
    target.swiftSettings = (target.swiftSettings ?? []) + strict.map { SwiftSetting.enableUpcomingFeature($0) }
    if warningsAreErrors {
        target.swiftSettings?.append(.treatAllWarnings(as: .error))
        target.cSettings = (target.cSettings ?? []) + [.treatAllWarnings(as: .error)]
        target.cxxSettings = (target.cxxSettings ?? []) + [.treatAllWarnings(as: .error)]
    }
}
