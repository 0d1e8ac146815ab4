// SPDX-License-Identifier: Apache-2.0

internal import BaigoCLI
internal import BaigoCore
internal import Foundation
internal import SystemPackage

@main
struct Baigo {
    static func main() async {
        guard StandardStreams.fill(), let output = try? DescriptorOutput(1, name: "standard output"),
            let errorOutput = try? DescriptorOutput(2, name: "standard error")
        else { exit(ExitStatus.outputClosed.rawValue) }
        let context = CommandContext(
            environment: ProcessInfo.processInfo.environment, executable: ownFile, output: output,
            errorOutput: errorOutput, terminal: .ofProcess(), interrupts: .ofProcess())
        let status = await Tool.run(commandLine: CommandLine.arguments, in: context)
        exit(status.rawValue)
    }

    private static var ownFile: FilePath {
        let target = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        return FilePath(target ?? CommandLine.arguments.first ?? "baigo")
    }
}
