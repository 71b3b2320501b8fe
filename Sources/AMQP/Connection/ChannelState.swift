/// The connection thread's side of an ``AMQPChannel``.
final class ChannelState {
    let key: ChannelKey
    let status: ChannelStatus
    var assembler: ContentAssembler
    var consumers: [String: ConsumerState] = [:]
    var publisher: (any ConfirmSink)?
    let returns = ReturnBatch()
    var closeHandler: (@Sendable (AMQPError) -> Void)?

    init(key: ChannelKey, status: ChannelStatus, bodyMax: Int) {
        self.key = key
        self.status = status
        assembler = ContentAssembler(bodyMax: bodyMax)
    }
}

/// One consumer's deliveries of this turn.
final class ConsumerState: BatchSink {
    private let onDeliveries: @Sendable ([AMQPDelivery]) -> Void
    private let onCancelled: @Sendable () -> Void
    private var deliveries: [AMQPDelivery] = []

    init(
        onDeliveries: @escaping @Sendable ([AMQPDelivery]) -> Void,
        onCancelled: @escaping @Sendable () -> Void
    ) {
        self.onDeliveries = onDeliveries
        self.onCancelled = onCancelled
    }

    var hasBatch: Bool { !deliveries.isEmpty }

    func append(_ delivery: AMQPDelivery) {
        deliveries.append(delivery)
    }

    func flush() {
        guard !deliveries.isEmpty else { return }
        let batch = deliveries
        deliveries = []
        onDeliveries(batch)
    }

    /// The broker has stopped the consumer.
    func cancelled() {
        flush()
        onCancelled()
    }
}

/// One channel's returned messages of this turn that are no publisher's.
final class ReturnBatch: BatchSink {
    var handler: (@Sendable ([AMQPReturn]) -> Void)?
    private var returns: [AMQPReturn] = []

    var hasBatch: Bool { !returns.isEmpty }

    func append(_ returned: AMQPReturn) {
        returns.append(returned)
    }

    func flush() {
        guard !returns.isEmpty else { return }
        let batch = returns
        returns = []
        handler?(batch)
    }
}
