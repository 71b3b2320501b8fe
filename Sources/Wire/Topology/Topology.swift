public import AMQP

/// The exchanges, queues and streams that the parts share, by name and by settings.
///
/// Every part declares what it needs when it connects; declaring what is there already with the same settings changes
/// nothing, and other settings are a named error, never a silent change. No argument that matters is left to a default
/// of the broker's version.
public struct Topology: Sendable, Equatable {
    /// How the work queue survives.
    public enum Profile: String, Sendable, CaseIterable {
        /// A classic queue: the fastest; its messages live for seconds and go with their node.
        case classic
        /// A quorum queue on several nodes: slower, and decisions go on when a node is lost.
        case replicated
    }

    /// The first part of every name, so that several installations share one virtual host.
    public var namespace: String
    /// How the work queue survives.
    public var profile: Profile
    /// How long a callback may wait for a worker: no answer is awaited after that. Milliseconds on the broker.
    public var answerBudget: Duration
    /// The most callbacks the work queue holds; the broker refuses further ones.
    public var maximumQueueLength: Int
    /// How long the callbacks stream keeps an event, at least by whole segments; in days.
    public var callbacksRetentionDays: Int
    /// The most bytes the callbacks stream keeps.
    public var callbacksMaximumBytes: Int
    /// How long the outcomes stream keeps what is in it, at least by whole segments; in days.
    public var outcomesRetentionDays: Int
    /// The most bytes the outcomes stream keeps.
    public var outcomesMaximumBytes: Int

    /// The defaults: `needrecord`, classic, 4 s, 20,000 callbacks, 7 days and 5 GiB of callbacks, 30 days and 10 GiB of
    /// outcomes.
    public init(
        namespace: String = "needrecord",
        profile: Profile = .classic,
        answerBudget: Duration = .seconds(4),
        maximumQueueLength: Int = 20_000,
        callbacksRetentionDays: Int = 7,
        callbacksMaximumBytes: Int = 5_368_709_120,
        outcomesRetentionDays: Int = 30,
        outcomesMaximumBytes: Int = 10_737_418_240
    ) {
        self.namespace = namespace
        self.profile = profile
        self.answerBudget = answerBudget
        self.maximumQueueLength = maximumQueueLength
        self.callbacksRetentionDays = callbacksRetentionDays
        self.callbacksMaximumBytes = callbacksMaximumBytes
        self.outcomesRetentionDays = outcomesRetentionDays
        self.outcomesMaximumBytes = outcomesMaximumBytes
    }

    /// The direct exchange that every event is published to.
    public var exchange: String { namespace }
    /// The fanout exchange that tells every gateway of decisions that came too late.
    public var lateExchange: String { "\(namespace).late" }
    /// The work queue of the workers.
    public var decisionsQueue: String { "\(namespace).decisions" }
    /// The stream with every callback as it came in.
    public var callbacksStream: String { "\(namespace).callbacks" }
    /// The stream with what every callback was answered, and with every notice of what became of recordings and streams.
    public var outcomesStream: String { "\(namespace).outcomes" }
    /// Where messages go that nobody can understand.
    public var deadQueue: String { "\(namespace).dead" }

    /// The exclusive queue that takes one gateway's replies.
    ///
    /// - Parameter epoch: Tells this connection of this gateway from every other; the broker may hold on to the queue
    ///   of a connection that was lost for a while.
    public func replyQueue(epoch: String) -> String { "\(namespace).replies.\(epoch)" }

    /// The exclusive queue that takes what one gateway is told of late decisions. Bounded: what does not fit pushes the
    /// oldest out.
    ///
    /// - Parameter epoch: As with ``replyQueue(epoch:)``.
    public func lateQueue(epoch: String) -> AMQPQueue {
        AMQPQueue(
            name: "\(namespace).late.\(epoch)",
            durable: false,
            exclusive: true,
            autoDelete: true,
            arguments: [
                "x-queue-type": "classic",
                "x-message-ttl": .int64(LateAnswer.lifetime.milliseconds),
                "x-max-length": 10_000,
                "x-max-length-bytes": 16_777_216,
                "x-overflow": "drop-head",
            ]
        )
    }

    /// The routing key of a callback that asks whether to record.
    public static let onDemandKey = "callback.on_demand"
    /// The routing key of records of the audit trail.
    public static let outcomeKey = "outcome"
    /// The routing key of a callback that tells of a recording.
    public static let recordingKey = "callback.recording"
    /// The routing key of a callback that tells of a stream that begins or ends.
    public static let ingestKey = "callback.ingest"
}
