import ArgumentParser

/// What the whole path of a callback costs, beside a floor and a simple way to do the same.
@main
struct PathCost: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "PathCost",
        abstract: "Measure the path from a callback to its answer, beside a floor and a simple peer.",
        subcommands: [
            Comparison.self, Gate.self, Growth.self, FloorRequester.self, FloorResponder.self, SelectRequester.self,
            SimpleGateway.self,
            SimpleWorker.self,
        ],
        defaultSubcommand: Comparison.self
    )
}
