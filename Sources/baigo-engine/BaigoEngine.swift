// SPDX-License-Identifier: Apache-2.0

@main
struct BaigoEngine {
    static func main() {}
}
