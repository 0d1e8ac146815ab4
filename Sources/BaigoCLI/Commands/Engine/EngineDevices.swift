// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import BaigoCore
internal import BundleKit
internal import EngineClient
internal import ModelStore
internal import SystemPackage

/// `baigo engine devices`: what this host has, and which engine fits.
struct EngineDevices: BaigoCommand {
    static let configuration = CommandConfiguration(
        commandName: "devices",
        abstract: "Show what this host can compute on, and which engine fits.",
        discussion: """
            Nothing of an engine is run for it: the kernel, its drivers and the libraries that are there tell. Of each engine \
            of the store, and of each pack that a folder offers, it says why it does not fit.

              baigo engine devices
              baigo engine devices /media/stick --json
            """)

    @Argument(help: "A folder or medium with packs.")
    var folder: String?

    @OptionGroup(title: "Store") var place: StoreOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func run(in context: CommandContext) throws {
        let hardware = HostHardware.ofThisHost()
        let engines = try Host(context).store().engines().engines
        let offers = try folder.map { try EngineIndex.offers(in: FilePath($0)) } ?? []
        if output.json {
            try context.output.result([
                "engines": .array(engines.map { .object($0.json(on: hardware)) }), "hardware": hardware.json,
                "offered": .array(offers.map { $0.json(on: hardware) }),
            ])
            return
        }
        try context.output.text(hardware.text)
        var table = TextTable("ENGINE", "FITS", "WHY NOT")
        table.rows =
            engines.map { Self.row($0.reference, $0.obstacles(on: hardware)) }
            + offers.map { offer in
                let missing = offer.path == nil ? ["not in the folder"] : []
                return Self.row(offer.fileName, hardware.obstacles(to: offer.target) + missing)
            }
        if !table.rows.isEmpty { try context.output.text("\n" + table.text) }
    }

    private static func row(_ name: String, _ obstacles: [String]) -> [String] {
        [name, obstacles.isEmpty ? "yes" : "no", obstacles.joined(separator: "; ")]
    }
}

extension EngineOffer {
    fileprivate func json(on hardware: HostHardware) -> JSONValue {
        let obstacles = hardware.obstacles(to: target)
        return [
            "accelerator": .string(target.accelerator), "arch": .string(target.architecture),
            "file": .string(fileName), "fits": .bool(obstacles.isEmpty && path != nil), "id": .string(id),
            "os": .string(target.os), "present": .bool(path != nil),
            "reasons": .array(obstacles.map(JSONValue.string)), "sha256": .text(sha256?.hex),
            "size": .number(size), "variant": .text(target.variant), "version": .string(version),
        ]
    }
}

extension HostHardware {
    /// A line for each thing.
    var text: String {
        var card = TextCard()
        card.add("processor", [processor, "(\(architecture))"].compactMap(\.self).joined(separator: " "))
        card.add("instructions", features.joined(separator: " "))
        for found in cards { card.add("card", "\(found.name) (\(found.maker.rawValue), \(found.address))") }
        if cards.isEmpty { card.add("card", "none") }
        card.add(
            "NVIDIA",
            nvidiaDriver.map { "driver \($0)\(hasCUDALibrary ? "" : ", libcuda.so.1 missing")" } ?? "no driver")
        card.add("AMD", hasComputeDriver ? "compute driver" : "no compute driver")
        card.add("Intel", hasLevelZero ? "Level Zero" : "no Level Zero")
        card.add(
            "Vulkan",
            hasVulkanLoader
                ? "loader, \(vulkanDrivers.isEmpty ? "no driver" : vulkanDrivers.joined(separator: ", "))" : "no loader"
        )
        card.add(
            "Vulkan devices", namedVulkanDevices.map { "\($0.escapedForOneLine), as GGML_VK_VISIBLE_DEVICES says" })
        card.add("C library", libraryVersion)
        return card.text
    }
}
