internal import AMQP
internal import DecisionCore
internal import NIOConcurrencyHelpers
internal import Wire

/// Sees to it that a decision that came too late is not lost: it answers the platform's next attempt, should that find
/// no decision either, at whichever gateway.
///
/// Only what would else be answered with the default is looked up here, so the answers of now always come first, and
/// where everything is in time nothing of this is touched.
final class LateDesk: Sendable {
    fileprivate struct State: Sendable {
        var memory: LateMemory<ContinuousClock.Instant>
        var counters = LateCounters()
        var link: (channel: AMQPChannel, connection: AMQPConnection)?
    }

    /// Whether this gateway takes part.
    private let isOn: Bool
    private let topology: Topology
    private let sender: String
    private let now: @Sendable () -> Timestamp
    private let state: NIOLockedValueBox<State>

    init(configuration: GatewayConfiguration, topology: Topology, now: @escaping @Sendable () -> Timestamp) {
        isOn = configuration.usesLateDecisions
        self.topology = topology
        sender = configuration.name
        self.now = now
        state = NIOLockedValueBox(
            State(
                memory: LateMemory(
                    maximumCount: configuration.maximumLateDecisions,
                    maximumBytes: configuration.maximumLateDecisionBytes
                )
            )
        )
    }

    var counters: LateCounters {
        state.withLockedValue { state in
            var counters = state.counters
            counters.remembered = state.memory.count
            counters.crowdedOut = state.memory.crowdedOut
            return counters
        }
    }

    /// Decisions have come for callbacks of this gateway that were answered without them: remembers them, and tells the
    /// other gateways. Nobody waits for that.
    func came(_ replies: [LateReply]) {
        guard isOn else { return }
        var withheld = 0
        var late: [(answer: LateAnswer, body: [UInt8])] = []
        for reply in replies {
            guard case .decision(let decision) = reply.reply.content else { continue }
            do throws(WireError) {
                let answer = try LateAnswer(
                    event: reply.question.event,
                    decision: decision,
                    worker: reply.reply.worker
                )
                late.append((answer, answer.encodedBody()))
            } catch {
                withheld += 1
            }
        }
        let civil = now()
        let link = state.withLockedValue { state in
            state.counters.withheld += withheld
            for (answer, body) in late { state.remember(answer, length: body.count, civil: civil) }
            // What a broker with an alarm does not take is not worth waiting for.
            let link = state.link.flatMap { $0.connection.isBlocked ? nil : $0 }
            if link != nil { state.counters.told += late.count }
            return link
        }
        guard let link, !late.isEmpty else { return }
        link.channel.publish(
            late.map { $0.message(body: $1, sentAt: civil, topology: topology, sender: sender) }
        )
    }

    /// Somebody has told of late decisions.
    ///
    /// - Parameters:
    ///   - answers: The decisions, with the lengths of their messages.
    ///   - malformed: How many messages besides could not be understood.
    func told(_ answers: [(answer: LateAnswer, length: Int)], malformed: Int) {
        let civil = now()
        state.withLockedValue { state in
            state.counters.received += answers.count
            state.counters.malformed += malformed
            for (answer, length) in answers { state.remember(answer, length: length, civil: civil) }
        }
    }

    /// The decision that answers this callback, which else gets the default; nil when there is none.
    ///
    /// Its own is none: it came just after the deadline, and is on record as late.
    func answer(to event: StreamEvent) -> LateAnswer? {
        state.withLockedValue { state in
            guard state.memory.count > 0, let answer = state.memory.answer(to: event.question, now: .now),
                answer.event.id != event.id
            else {
                return nil
            }
            state.counters.used += 1
            return answer
        }
    }

    /// Forgets what is over, until the task is cancelled.
    func run() async {
        while (try? await Task.sleep(for: .seconds(5))) != nil {
            state.withLockedValue { $0.memory.forget(now: .now) }
        }
    }

    // MARK: - The link

    /// There is a connection to tell over.
    func eventsUp(_ channel: AMQPChannel, of connection: AMQPConnection) {
        state.withLockedValue { $0.link = (channel, connection) }
    }

    /// The connection to tell over is gone.
    func eventsDown() {
        state.withLockedValue { $0.link = nil }
    }
}

extension LateDesk.State {
    fileprivate mutating func remember(_ answer: LateAnswer, length: Int, civil: Timestamp) {
        guard let remaining = answer.remaining(now: civil) else { return counters.outdated += 1 }
        let now = ContinuousClock.now
        _ = memory.remember(answer, length: length, until: now.advanced(by: remaining), now: now)
    }
}
