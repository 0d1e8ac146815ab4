// SPDX-License-Identifier: Apache-2.0

@main
struct Baigo {
    static func main() {}
}
