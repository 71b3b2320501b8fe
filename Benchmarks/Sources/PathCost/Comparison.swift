import AMQP
import ArgumentParser
import Foundation
import Measuring

/// Measures all contenders with all loads, in rounds, so that whatever else the machine does meets all alike.
struct Comparison: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare",
        abstract: "Measure the product, a floor and a simple peer in turn, and print a table."
    )

    @Option(help: "The executable to measure.")
    var needrecord = ".build/release/needrecord"

    @Option(help: ArgumentHelp("The broker.", valueName: "url"))
    var amqpURL: String

    @Option(help: ArgumentHelp("A login that may create databases.", valueName: "url"))
    var databaseURL: String

    @Option(help: "The broker's process, to count its CPU time.")
    var brokerProcess: Int32

    @Option(help: "The database server's first process, to count its CPU time and that of its children.")
    var databaseProcess: Int32

    @Option(help: ArgumentHelp("The versions of the servers, for the report.", valueName: "text"))
    var servers = "servers of unknown versions"

    @Option(help: "The migrations.")
    var migrations = "migrations"

    @Option(help: "How often each measurement is repeated.")
    var rounds = 7

    @Option(help: "How long one measurement takes.")
    var seconds = 4

    @Option(help: ArgumentHelp("Numbers of askers that ask again when they have their answer.", valueName: "n,n"))
    var closed = "1,64,256"

    @Option(help: ArgumentHelp("Questions a second, whatever the answers do.", valueName: "n,n"))
    var open = "500,1000,2000,4000"

    @Option(help: "Write the report to this file, too.")
    var write: String?

    func validate() throws {
        guard rounds > 0, seconds > 0 else { throw ValidationError("--rounds and --seconds must be at least 1") }
        for list in [closed, open] where numbers(list).contains(0) {
            throw ValidationError("\(list) is no list of numbers, such as 64,256")
        }
    }

    /// 0 for what is no number.
    private func numbers(_ list: String) -> [Int] {
        list.split(separator: ",").map { Int($0) ?? 0 }
    }

    private var loads: [Load] {
        numbers(closed).map { .closed($0) }
            + numbers(open).flatMap { [.open($0, isPoisson: false), .open($0, isPoisson: true)] }
    }

    func run() async throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "needrecord-benchmark-\(getpid())").path
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        let surroundings = Surroundings(
            needrecord: needrecord,
            amqpURL: amqpURL,
            databaseURL: databaseURL,
            migrations: migrations,
            directory: directory
        )
        var contenders: [any Contender] = []
        defer { for process in contenders.flatMap(\.processes) { process.stop() } }
        contenders.append(try await NeedRecordContender(surroundings))
        contenders.append(try await SimpleContender(surroundings))
        contenders.append(try FloorContender(surroundings))
        var report = PathReport(contenders: contenders.map(\.name), loads: loads)
        for round in 0...rounds {
            for load in loads {
                // There and back, so that nobody always comes after the same one.
                for contender in round.isMultiple(of: 2) ? contenders : contenders.reversed() {
                    guard let sample = try await measure(contender, load) else { continue }
                    // The first round only warms up.
                    if round > 0 { report.add(sample, of: contender.name, with: load) }
                }
            }
            FileHandle.standardError.write(Data("round \(round) of \(rounds)\n".utf8))
        }
        let text = heading + report.text(rounds: rounds, seconds: seconds)
        print(text)
        if let write { try Data((text + "\n").utf8).write(to: URL(fileURLWithPath: write)) }
        try FileManager.default.removeItem(atPath: directory)
    }

    private var heading: String {
        let date = Date.now.formatted(.iso8601.year().month().day())
        let command = ["deploy/local/bench", "path", "--rounds", "\(rounds)", "--seconds", "\(seconds)"]
        let loads = ["--closed", closed, "--open", open]
        return """
            # Benchmarks

            \(date), \(Machine.description); \(servers), librabbitmq \(libRabbitMQVersion()); release build, everything on this machine.

                \((command + loads).joined(separator: " "))

            **needrecord** is a gateway, a worker and an auditor with everything on: events in the callbacks stream, outcomes in the
            journal before the answer and in PostgreSQL after it. **simple** is the path as it would be written in an afternoon: a task
            and a timer for each request, a SELECT and an acknowledgement for each message, and nothing kept. **floor** is request and
            reply through the same broker and the same queues with nothing else. The load is `needrecord push`.


            """
    }

    private func measure(_ contender: any Contender, _ load: Load) async throws -> Sample? {
        guard let command = contender.command(for: load, seconds: seconds) else { return nil }
        // What the one before has left to do is not to count for this one.
        try await Task.sleep(for: .milliseconds(700))
        let before = clocks(contender)
        let loadBefore = childrenMicroseconds()
        let output = try Child.run(command.executable, command.arguments, mayFail: true)
        let result = try JSONDecoder().decode(LoadResult.self, from: output)
        let count = Double(max(1, result.answered + result.warmUp))
        var costs = zip(before, clocks(contender)).map { (name: $0.name, microseconds: ($1.total - $0.total) / count) }
        costs.append((name: "load", microseconds: (childrenMicroseconds() - loadBefore) / count))
        return Sample(
            result: result,
            costs: costs,
            memory: contender.processes.map { (name: $0.name, bytes: $0.clock.residentBytes) }
        )
    }

    private func clocks(_ contender: any Contender) -> [(name: String, total: Double)] {
        let database = ProcessClock(process: databaseProcess)
        return contender.processes.map { (name: $0.name, total: $0.clock.microseconds) }
            + [
                (name: "broker", total: ProcessClock(process: brokerProcess).microseconds),
                (name: "database", total: ([database] + database.children).reduce(0) { $0 + $1.microseconds }),
            ]
    }

    /// The CPU time of the load generators so far, which have ended.
    private func childrenMicroseconds() -> Double {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_CHILDREN.rawValue), &usage)
        return [usage.ru_utime, usage.ru_stime].reduce(0) { $0 + Double($1.tv_sec) * 1_000_000 + Double($1.tv_usec) }
    }
}
