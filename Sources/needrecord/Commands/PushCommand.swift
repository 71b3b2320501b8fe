import ArgumentParser
import Logging
import PlatformSimulator
import UnixSignals

struct PushCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "push",
        abstract: "Play the live platform: send callbacks as it does, and show what comes back.",
        discussion: """
            Without --count, --rate or --duration one callback is sent and its answer printed. With them callbacks \
            are sent over --connections, and a summary with latencies is printed: with --rate at this constant rate \
            whatever the answers do (latency counts from when a callback was due), without it as fast as answers come.

            Exit code 1 when a callback got no answer that the platform could use.
            """
    )

    @Option(help: ArgumentHelp("Where the platform sends its callbacks (OnDemandUrl).", valueName: "url"))
    var url = "http://127.0.0.1:8080/"

    @Option(help: ArgumentHelp("Sign as the platform does with this key (NotifyAuthKey).", valueName: "key"))
    var authKey: String?

    @Option(help: "The play domain.")
    var domain = "test.com"

    @Option(help: "The application.")
    var app = "test123"

    @Option(help: "The stream name.")
    var stream = "teststream"

    @Option(help: ArgumentHelp("The video bit rate.", valueName: "kbit/s"))
    var vbitrate = 2_000

    @Option(help: "The video codec.")
    var codec = "h264"

    @Option(help: "How many callbacks to send.")
    var count: Int?

    @Option(help: ArgumentHelp("How many callbacks to send a second.", valueName: "per second"))
    var rate: Double?

    @Option(help: ArgumentHelp("How long to send, such as 10s.", valueName: "duration"))
    var duration: String?

    @Option(help: ArgumentHelp("How long to send before measuring, such as 2s.", valueName: "duration"))
    var warmUp: String?

    @Option(help: "How many connections to send over.")
    var connections = 1

    @Option(help: "How many different streams to push, in turn; their names are the stream's with a number.")
    var streams = 1

    @Flag(help: "Arrivals as of independent streams (Poisson) instead of at equal intervals; with --rate.")
    var poisson = false

    @Option(help: "The seed of --poisson.")
    var seed: UInt64 = 1

    @Option(help: ArgumentHelp("How long to wait for an answer; the platform waits 5s.", valueName: "duration"))
    var timeout = "5s"

    @Flag(help: "Ask again as the platform does: up to 5 times, 1 s apart. For a single callback.")
    var retry = false

    @Option(help: "text or json.")
    var output = OutputFormat.text

    func validate() throws {
        for text in [duration, warmUp, timeout].compactMap({ $0 }) where Duration(text: text) == nil {
            throw ValidationError("\(text) is no duration; write 10s or 250ms")
        }
        if retry, isLoad { throw ValidationError("--retry is for a single callback") }
        if poisson, rate == nil { throw ValidationError("--poisson needs --rate") }
    }

    private var isLoad: Bool { count != nil || rate != nil || duration != nil }

    private var question: CallbackQuestion {
        CallbackQuestion(app: app, domain: domain, stream: stream, bitrate: vbitrate, codec: codec)
    }

    func run() async throws {
        LoggingSystem.bootstrap { StreamLogHandler.standardError(label: $0) }
        let logger = Logger(label: "needrecord.push")
        do {
            let target = try PlatformTarget(url: url)
            if isLoad { try await load(target, logger) } else { try await ask(target, logger) }
        } catch let error as PlatformSimulatorError {
            printError("needrecord: \(error)")
            throw ExitCode.failure
        }
    }

    private func ask(_ target: PlatformTarget, _ logger: Logger) async throws {
        var client = PlatformClient(target: target)
        client.timeout = Duration(text: timeout) ?? .seconds(5)
        client.retries = retry ? 5 : 0
        client.authKey = authKey
        let answer = try await client.ask(question, logger: logger)
        let body = String(decoding: answer.body, as: UTF8.self)
        switch output {
        case .json:
            print(body)
        case .text:
            print("GET \(target.requestTarget(for: question))")
            print("\(answer.status) \(body)")
            print("\(answer.verdict.text), event \(answer.eventID ?? "unknown"), \(answer.elapsed.text)")
        }
        if case .failed = answer.verdict { throw ExitCode.failure }
    }

    private func load(_ target: PlatformTarget, _ logger: Logger) async throws {
        var plan = LoadPlan(target: target, question: question)
        plan.streams = streams
        plan.rate = rate
        plan.arrivals = poisson ? .poisson(seed: seed) : .constant
        plan.count = count
        plan.duration = duration.flatMap(Duration.init(text:))
        plan.warmUp = warmUp.flatMap(Duration.init(text:)) ?? .zero
        plan.connections = connections
        plan.authKey = authKey
        plan.timeout = Duration(text: timeout) ?? .seconds(5)
        let report = try await interruptible { [plan] in try await plan.run(logger: logger) }
        print(output == .json ? report.json() : report.text())
        if report.failureCount > 0 { throw ExitCode.failure }
    }

    /// Cancels `body` on SIGINT or SIGTERM, and returns what it still returns: the report so far.
    private func interruptible(_ body: @escaping @Sendable () async throws -> LoadReport) async throws -> LoadReport {
        try await withThrowingTaskGroup(of: LoadReport?.self) { group in
            group.addTask { try await body() }
            group.addTask {
                for await _ in await UnixSignalsSequence(trapping: .sigint, .sigterm) { break }
                return nil
            }
            var report: LoadReport?
            while report == nil, let next = try await group.next() {
                if next == nil { group.cancelAll() }
                report = next
            }
            group.cancelAll()
            guard let report else { throw CancellationError() }
            return report
        }
    }
}

extension CallbackVerdict {
    /// The verdict as a person reads it.
    fileprivate var text: String {
        switch self {
        case .record: "record"
        case .doNotRecord: "do not record"
        case .doNotRecordByOmission: "do not record, because NeedRecord is missing"
        case .failed(let failure): "of no use to the platform (\(failure.rawValue))"
        }
    }
}
