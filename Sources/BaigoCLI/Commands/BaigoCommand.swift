// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser

/// A command that can be run with a context.
protocol BaigoCommand: ParsableCommand {
    associatedtype Place: StoreChoosing

    /// Options that say which store is meant.
    var place: Place { get }

    /// Options that say what is printed.
    var output: OutputOptions { get }

    /// Carries the command out.
    ///
    /// - Throws: `PresentableError`, or `CancellationError` when a signal ended it.
    func run(in context: CommandContext) throws
}
