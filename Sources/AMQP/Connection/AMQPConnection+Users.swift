/// Publishers and consumers of a channel.
extension AMQPConnection {
    func addPublisher(_ publisher: some ConfirmSink & Sendable, to channel: AMQPChannel) throws(AMQPError) {
        guard self.channel(channel.key)?.publisher == nil else {
            throw .invalidArgument("the channel has a publisher already")
        }
        try call(on: channel.key, status: channel.status) { handle, state throws(HandleError) in
            try handle.selectConfirms(on: state.key.number)
            state.publisher = publisher
        }
    }

    func addConsumer(
        to channel: AMQPChannel,
        queue: String,
        consumerTag: String,
        noAcknowledge: Bool,
        exclusive: Bool,
        arguments: AMQPTable,
        onDeliveries: @escaping @Sendable ([AMQPDelivery]) -> Void,
        onCancelled: @escaping @Sendable () -> Void
    ) throws(AMQPError) -> String {
        var tag = consumerTag
        if let state = self.channel(channel.key) {
            if tag.isEmpty {
                // Short enough for Swift to keep it without an allocation, and every delivery repeats it.
                var number = state.consumers.count + 1
                while state.consumers["c\(number)"] != nil { number += 1 }
                tag = "c\(number)"
            }
            // The broker would close the whole connection.
            guard state.consumers[tag] == nil else {
                throw .invalidArgument("consumer tag \(tag) is in use on this channel")
            }
        }
        try call(on: channel.key, status: channel.status) { handle, state throws(HandleError) in
            try handle.consume(
                queue: queue,
                consumerTag: tag,
                noAcknowledge: noAcknowledge,
                exclusive: exclusive,
                arguments: arguments,
                on: state.key.number
            )
            // Deliveries may be waiting in the library already; they are handled after this job.
            state.consumers[tag] = ConsumerState(onDeliveries: onDeliveries, onCancelled: onCancelled)
        }
        return tag
    }

    func removeConsumer(_ tag: String, from channel: AMQPChannel) throws(AMQPError) {
        guard self.channel(channel.key)?.consumers[tag] != nil else { return }
        try call(on: channel.key, status: channel.status) { handle, state throws(HandleError) in
            try handle.cancel(consumerTag: tag, on: state.key.number)
        }
        handleQueuedFrames()
        flushBatches()
        self.channel(channel.key)?.consumers[tag] = nil
    }
}
