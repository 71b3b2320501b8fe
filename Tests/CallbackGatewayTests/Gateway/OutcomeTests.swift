import AMQP
import DecisionCore
import NIOConcurrencyHelpers
import OutcomeJournal
import TestSupport
import Testing
import Wire

@testable import CallbackGateway

extension GatewayTests {
    /// What a gateway leaves behind of what it has answered.
    @Suite struct OutcomeTests {
        private static let target = "/?domain=d&app=a&stream=s&vbitrate=2000&codec=h264"

        @Test func `Every answer's outcome is in the stream, with what it rests on and how long it took`() async throws
        {
            try await ProductBroker.withTopology { topology in
                try await RunningGateway.with(topology: topology, amqp: ProductBroker.configuration()) { gateway in
                    try await gateway.waitUntilReady()
                    try await OutcomesReader.with(topology) { reader in
                        try await ScriptedWorker.with(topology, answer: { _ in .record }) { _ in
                            let start = ContinuousClock.now
                            let answer = try await gateway.get(Self.target)
                            let elapsed = start.duration(to: .now)
                            guard case .outcome(let outcome) = try await reader.records(1)[0] else {
                                throw TestFailure("no outcome")
                            }
                            #expect(outcome.event.id.description == answer.headers["x-needrecord-event"])
                            #expect(outcome.answer == answer.text)
                            #expect(outcome.event.stream == "s")
                            #expect(outcome.cause.decision?.revision == 7)
                            #expect(outcome.run.gateway == "tested")
                            #expect(outcome.worker == "scripted")
                            #expect(outcome.publishCount == 1)
                            let steps = [0, outcome.times.published ?? -1, outcome.times.replied ?? -1]
                            #expect(steps == steps.sorted())
                            #expect(outcome.times.answered >= steps[2])
                            #expect(.microseconds(outcome.times.answered) <= elapsed)
                        }
                    }
                }
            }
        }

        @Test func `Before an answer leaves, its outcome is in the journal, whatever the broker does`() async throws {
            let directory = TemporaryDirectory()
            let answers = NIOLockedValueBox<[String: String]>([:])
            var configuration = JournalConfiguration(directory: directory.path)
            configuration.segmentBytes = 65_536
            try await RunningGateway.with(
                amqp: RunningGateway.absentBroker(),
                journal: configuration,
                configure: { $0.journalDrain = .milliseconds(10) }
            ) { gateway in
                let connection = try await gateway.connect()
                for _ in 0..<200 {
                    let answer = try await connection.get(Self.target)
                    answers.withLockedValue { $0[answer.headers["x-needrecord-event"] ?? ""] = answer.text }
                }
                #expect(gateway.gateway.outcomeCounters.kept == 200)
                #expect(gateway.gateway.outcomeCounters.waiting == 200)
                connection.close()
            }
            // A later process finds them all, and the count of the minute or minutes.
            let journal = try await Journal.open(configuration)
            var outcomes: [String: String] = [:]
            var counted = 0
            while true {
                let batch = try await journal.read(maximumRecords: 64, maximumBytes: 1 << 20)
                if batch.records.isEmpty { break }
                for record in try AuditMessage.records(in: AuditMessage.body(of: batch.records)) {
                    switch try record.get() {
                    case .outcome(let outcome):
                        #expect(outcome.cause == .fallback(.brokerUnavailable))
                        #expect(outcome.publishCount == 0)
                        outcomes[outcome.event.id.description] = outcome.answer
                    case .minute(let minute): counted += minute.received
                    case let other: Issue.record("\(other)")
                    }
                }
            }
            await journal.close()
            #expect(outcomes == answers.withLockedValue { $0 })
            #expect(outcomes.count == 200)
            #expect(counted == 200)
        }

        @Test func `A gateway that is cancelled keeps what it has answered, and the count of the minute`() async throws
        {
            let directory = TemporaryDirectory()
            let configuration = JournalConfiguration(directory: directory.path)
            try await RunningGateway.with(amqp: RunningGateway.absentBroker(), journal: configuration) { gateway in
                let answer = try await gateway.get(Self.target)
                #expect(answer.status == 200)
                gateway.cancel()
            }
            let journal = try await Journal.open(configuration)
            let batch = try await journal.read(maximumRecords: 64, maximumBytes: 1 << 20)
            let records = try AuditMessage.records(in: AuditMessage.body(of: batch.records)).map { try $0.get() }
            await journal.close()
            #expect(records.count == 2)
            guard case .outcome = records.first, case .minute(let minute) = records.last else {
                throw TestFailure("\(records)")
            }
            #expect(minute.received == 1)
        }

        @Test func `Full messages do not wait for more to gather`() async throws {
            try await ProductBroker.withTopology { topology in
                let directory = TemporaryDirectory()
                let configuration = JournalConfiguration(directory: directory.path)
                let count = 100
                let journal = try await Journal.open(configuration)
                // Two of them are more than a message has.
                let record = Array(String(repeating: "x", count: OutcomePublisher.maximumBytes * 2 / 3).utf8)
                for _ in 0..<count { _ = await journal.append(record) }
                await journal.close()
                try await RunningGateway.with(
                    topology: topology,
                    amqp: ProductBroker.configuration(),
                    journal: configuration
                ) { gateway in
                    // Half of what they would take if each message waited.
                    try await eventually("the messages", within: OutcomePublisher.gathering * count / 2) {
                        gateway.gateway.outcomeCounters.messagesConfirmed >= count
                    }
                }
            }
        }

        @Test func `What a former run has left is published before what comes`() async throws {
            try await ProductBroker.withTopology { topology in
                let directory = TemporaryDirectory()
                let configuration = JournalConfiguration(directory: directory.path)
                try await RunningGateway.with(
                    topology: topology,
                    amqp: RunningGateway.absentBroker(),
                    journal: configuration,
                    configure: { $0.journalDrain = .milliseconds(10) }
                ) { gateway in
                    for _ in 0..<3 { _ = try await gateway.get(Self.target) }
                }
                try await RunningGateway.with(
                    topology: topology,
                    amqp: ProductBroker.configuration(),
                    journal: configuration
                ) { gateway in
                    try await gateway.waitUntilReady()
                    try await ScriptedWorker.with(topology, answer: { _ in .skip }) { _ in
                        _ = try await gateway.get(Self.target)
                        try await eventually("the journal to be empty") { gateway.gateway.outcomeCounters.waiting == 0 }
                    }
                    try await OutcomesReader.with(topology) { reader in
                        let causes = try await reader.outcomes(4).map(\.cause.name)
                        #expect(causes == Array(repeating: "broker_unavailable", count: 3) + ["decided"])
                    }
                }
            }
        }

        @Test func `A journal that is full costs no answer, and is counted`() async throws {
            let directory = TemporaryDirectory()
            var configuration = JournalConfiguration(directory: directory.path)
            configuration.segmentBytes = 8_192
            configuration.maximumBytes = 16_384
            try await RunningGateway.with(
                amqp: RunningGateway.absentBroker(),
                journal: configuration,
                configure: { configuration in
                    configuration.journalDrain = .milliseconds(10)
                    configuration.maximumPending = 10
                }
            ) { gateway in
                let connection = try await gateway.connect()
                for _ in 0..<100 {
                    let answer = try await connection.get(Self.target)
                    #expect(answer.status == 200)
                }
                let counters = gateway.gateway.outcomeCounters
                #expect(counters.unkept > 0)
                #expect(counters.kept > 0)
                // What the memory has room for is held for a broker that may come.
                #expect(counters.held == 10)
                #expect(counters.kept + counters.held + counters.unkept == 100)
                connection.close()
            }
        }

        @Test func `What the journal does not take the broker has before the answer leaves`() async throws {
            let directory = TemporaryDirectory()
            var configuration = JournalConfiguration(directory: directory.path)
            // Less than any record.
            configuration.segmentBytes = 64
            configuration.maximumBytes = 64
            configuration.patience = .seconds(10)
            try await ProductBroker.withTopology { topology in
                var answered: [String: String] = [:]
                try await RunningGateway.with(
                    topology: topology,
                    amqp: ProductBroker.configuration(),
                    journal: configuration
                ) { gateway in
                    try await gateway.waitUntilReady()
                    try await ScriptedWorker.with(topology, answer: { _ in .record }) { _ in
                        for count in 1...5 {
                            let answer = try await gateway.get(Self.target)
                            answered[answer.headers["x-needrecord-event"] ?? ""] = answer.text
                            #expect(gateway.gateway.outcomeCounters.direct == count)
                        }
                    }
                    #expect(gateway.gateway.outcomeCounters.unkept == 0)
                }
                try await OutcomesReader.with(topology) { reader in
                    let minutes = { try await reader.records(5).compactMap { $0.minute } }
                    try await eventually("the count") { try await minutes().map(\.received).reduce(0, +) == 5 }
                    #expect(try await minutes().allSatisfy { $0.unkept == 0 })
                    let kept = try await Dictionary(
                        reader.outcomes(5).map { ($0.event.id.description, $0.answer) },
                        uniquingKeysWith: { first, _ in first }
                    )
                    #expect(kept == answered)
                    #expect(kept.count == 5)
                }
            }
        }

        @Test func `What neither journal nor broker takes is given again, and holds no answer up for long`()
            async throws
        {
            let directory = TemporaryDirectory()
            var configuration = JournalConfiguration(directory: directory.path)
            configuration.segmentBytes = 64
            configuration.maximumBytes = 64
            try await ProductBroker.withTopology { topology in
                try await RunningGateway.with(
                    topology: topology,
                    amqp: ProductBroker.configuration(),
                    journal: configuration
                ) { gateway in
                    try await gateway.waitUntilReady()
                    try await ProductBroker.withConnection { connection in
                        let channel = try await connection.openChannel()
                        try await channel.unbind(
                            queue: topology.outcomesStream,
                            exchange: topology.exchange,
                            routingKey: Topology.outcomeKey
                        )
                        try await ScriptedWorker.with(topology, answer: { _ in .skip }) { _ in
                            for _ in 0..<3 { _ = try await gateway.get(Self.target) }
                        }
                        #expect(gateway.gateway.outcomeCounters.held == 3)
                        try await channel.bind(
                            queue: topology.outcomesStream,
                            exchange: topology.exchange,
                            routingKey: Topology.outcomeKey
                        )
                    }
                    try await eventually("the outcomes to be taken") { gateway.gateway.outcomeCounters.direct == 3 }
                    #expect(gateway.gateway.outcomeCounters.held == 0)
                    #expect(gateway.gateway.outcomeCounters.unkept == 0)
                    try await OutcomesReader.with(topology) { reader in
                        let ids = try await reader.outcomes(3).map(\.event.id)
                        #expect(Set(ids).count == 3)
                    }
                }
            }
        }

        @Test func `A decision that comes too late is told with how late it was`() async throws {
            try await ProductBroker.withTopology(answerBudget: .milliseconds(300)) { topology in
                try await RunningGateway.with(topology: topology, amqp: ProductBroker.configuration()) { gateway in
                    try await gateway.waitUntilReady()
                    try await ScriptedWorker.with(topology) { worker in
                        let answer = try await gateway.get(Self.target)
                        #expect(answer.text == #"{"ApiVersion":"1.0","NeedRecord":false}"#)
                        worker.reply(.record, to: try await worker.wait(for: 1)[0])
                        try await OutcomesReader.with(topology) { reader in
                            let records = try await reader.records(2)
                            guard case .outcome(let outcome) = records[0], case .lateDecision(let late) = records[1]
                            else {
                                throw TestFailure("\(records)")
                            }
                            #expect(outcome.cause == .fallback(.timeout))
                            #expect(late.eventID == outcome.event.id)
                            #expect(late.decision.verdict == .record(.template))
                            #expect(late.worker == "scripted")
                            #expect(late.lateBy > 0)
                        }
                    }
                }
            }
        }

        @Test func `What the broker refuses is published again until it is kept`() async throws {
            try await ProductBroker.withTopology { topology in
                try await RunningGateway.with(topology: topology, amqp: ProductBroker.configuration()) { gateway in
                    try await gateway.waitUntilReady()
                    try await ProductBroker.withConnection { connection in
                        let channel = try await connection.openChannel()
                        try await channel.unbind(
                            queue: topology.outcomesStream,
                            exchange: topology.exchange,
                            routingKey: Topology.outcomeKey
                        )
                        try await ScriptedWorker.with(topology, answer: { _ in .skip }) { _ in
                            for _ in 0..<5 { _ = try await gateway.get(Self.target) }
                        }
                        try await eventually("a message to come back") {
                            gateway.gateway.outcomeCounters.messagesLost > 0
                        }
                        #expect(gateway.gateway.outcomeCounters.waiting == 5)
                        try await channel.bind(
                            queue: topology.outcomesStream,
                            exchange: topology.exchange,
                            routingKey: Topology.outcomeKey
                        )
                    }
                    try await eventually("the journal to be empty") { gateway.gateway.outcomeCounters.waiting == 0 }
                    try await OutcomesReader.with(topology) { reader in
                        let ids = try await reader.outcomes(5).map(\.event.id)
                        #expect(Set(ids).count == 5)
                    }
                }
            }
        }
    }
}

extension AuditRecord {
    fileprivate var minute: GatewayMinute? {
        if case .minute(let minute) = self { minute } else { nil }
    }
}
