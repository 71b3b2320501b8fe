import ArgumentParser
import Glibc
import Logging
import Measuring
import Postgres

/// What a decision costs with few and with many rules: reading the facts from PostgreSQL and deciding on them.
///
/// Each number of rules has a database of its own. Rounds go over all of them in turn, so that whatever else the machine
/// does meets all alike, and what is compared are medians.
@main
struct DecisionCost: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "DecisionCost",
        abstract: "Measure the cost of a decision with 10, 10 thousand and 1 million rules."
    )

    @Option(help: ArgumentHelp("A login that may create databases.", valueName: "url"))
    var databaseURL: String

    @Option(help: "The migrations.")
    var migrations = "migrations"

    @Option(help: "How often each measurement is repeated; at least 7.")
    var rounds = 9

    @Option(help: "Decisions in one measurement.")
    var decisions = 2_560

    @Flag(help: "Leave out the million.")
    var quick = false

    @Option(help: "Exit with code 1 when more rules cost more than this many times what ten cost.")
    var limit: Double?

    func validate() throws {
        guard rounds >= 7 else { throw ValidationError("--rounds must be at least 7") }
        guard decisions >= 256 else { throw ValidationError("--decisions must be at least 256") }
    }

    func run() async throws {
        var logger = Logger(label: "benchmark")
        logger.logLevel = .error
        let server = try PostgresConfiguration(url: databaseURL)
        var databases: [RuleDatabase] = []
        for size in RuleCount.all where !quick || size.exact < 1_000_000 {
            printError("loading \(size.name)")
            databases.append(
                try await RuleDatabase.create(
                    size,
                    server: server,
                    url: databaseURL,
                    migrations: migrations,
                    logger: logger
                )
            )
        }
        let measured = await Result(catching: { try await measure(databases) })
        for database in databases { try await database.drop(server: server, logger: logger) }
        let report = Report(try measured.get())
        print(report.text)
        if let limit, report.worstRatio > limit { throw ExitCode.failure }
    }

    private func measure(_ databases: [RuleDatabase]) async throws -> [Report.Key: [Cost]] {
        var costs: [Report.Key: [Cost]] = [:]
        for round in 0...rounds {
            for batch in [1, 64, 256] {
                for database in databases {
                    let cost = try await database.measure(decisions: decisions, batch: batch, round: round)
                    // The first round only warms up.
                    if round > 0 { costs[Report.Key(size: database.size.name, batch: batch), default: []].append(cost) }
                }
            }
        }
        return costs
    }
}

extension Result where Failure == any Error {
    /// What `body` returns or throws.
    fileprivate init(catching body: () async throws -> Success) async {
        do {
            self = .success(try await body())
        } catch {
            self = .failure(error)
        }
    }
}

/// Prints a line on standard error.
private func printError(_ text: String) {
    _ = (text + "\n").withCString { write(STDERR_FILENO, $0, strlen($0)) }
}
