// SPDX-License-Identifier: Apache-2.0

import EngineClient
import Foundation
import SystemPackage
import TestSupport
import Testing

struct DeviceSensorsTests {
    private func write(_ text: String, to path: String, mode: Int = 0o644) throws {
        let url = URL(fileURLWithPath: path)
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: url)
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
    }

    @Test func readsWhatTheKernelAndTheDriverShow() throws {
        let home = try TemporaryFolder()
        let system = home.path.string + "/sys"
        try write("coretemp\n", to: system + "/class/hwmon/hwmon1/name")
        try write("51500\n", to: system + "/class/hwmon/hwmon1/temp1_input")
        try write("nvme\n", to: system + "/class/hwmon/hwmon0/name")
        try write("90000\n", to: system + "/class/hwmon/hwmon0/temp1_input")
        try write("42\n", to: system + "/class/drm/card0/device/gpu_busy_percent")
        try write("63000\n", to: system + "/class/drm/card0/device/hwmon/hwmon3/temp1_input")
        try write("connected\n", to: system + "/class/drm/card0-DP-1/status")
        let smi = home.path.string + "/nvidia-smi"
        try write(
            "#!/bin/sh\necho '0, NVIDIA H200, 35, 41'\necho '1, Odd, one, [N/A], 40'\necho garbage\n", to: smi,
            mode: 0o755)
        let sensors = DeviceSensors(system: FilePath(system), smi: ["/does/not/exist", FilePath(smi)])
        #expect(
            sensors.read().map {
                "\($0.device) \($0.load.map { "\($0)" } ?? "-") \($0.temperature.map { "\($0)" } ?? "-")"
            } == [
                "CPU - 51.5", "card0 0.42 63.0", "GPU0 (NVIDIA H200) 0.35 41.0", "GPU1 (Odd, one) - 40.0",
            ])
    }

    @Test(arguments: ["exit 3", "kill -9 $$", "exec sleep 60"])
    func aDriverThatFailsOrHangsTellsNothing(script: String) throws {
        let home = try TemporaryFolder()
        let smi = home.path.string + "/nvidia-smi"
        try write("#!/bin/sh\n\(script)\n", to: smi, mode: 0o755)
        #expect(DeviceSensors(system: home.path, smi: [FilePath(smi)]).read().isEmpty)
    }
}
