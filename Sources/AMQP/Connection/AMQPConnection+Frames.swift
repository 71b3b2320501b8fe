internal import Logging

extension AMQPConnection {
    /// Takes in one frame.
    ///
    /// - Throws: When it makes no sense, and the connection must end.
    func receive(_ frame: Frame) throws(HandleError) {
        do {
            switch frame {
            case .method(0, let method):
                try receiveOnConnection(method)
            case .method(let number, let method):
                // Frames for a channel that has just ended may still be on their way.
                if let channel = channel(number: number) { try receive(method, on: channel) }
            case .header(let number, let bodySize, let properties):
                guard let channel = channel(number: number) else { return }
                if let content = try channel.assembler.header(bodySize: bodySize, properties: properties) {
                    receive(content, on: channel)
                }
            case .body(let number, let fragment):
                guard let channel = channel(number: number) else { return }
                if let content = try channel.assembler.body(fragment) {
                    receive(content, on: channel)
                }
            }
        } catch {
            throw .violation(error.message)
        }
    }

    private func receiveOnConnection(_ method: Frame.Method) throws(AMQPError) {
        switch method {
        case .closeConnection(let reason):
            try? handle.answerConnectionClose()
            end(HandleError.connectionClosed(reason).error(otherwise: .connectionClosed))
        case .blocked(let reason):
            setBlocked(reason)
        case .unblocked:
            setBlocked(nil)
        default:
            throw .protocolViolation("unexpected method on channel 0: \(method)")
        }
    }

    private func receive(_ method: Frame.Method, on channel: ChannelState) throws(AMQPError) {
        switch method {
        case .content(let content):
            try channel.assembler.method(content)
        case .acknowledge(let tag, let multiple):
            try settle(tag, multiple, .confirmed, on: channel)
        case .negativelyAcknowledge(let tag, let multiple):
            try settle(tag, multiple, .negativelyAcknowledged, on: channel)
        case .cancel(let consumerTag, let wantsAnswer):
            if wantsAnswer { try? handle.answerCancel(consumerTag: consumerTag, on: channel.key.number) }
            guard let consumer = channel.consumers.removeValue(forKey: consumerTag) else { return }
            flushBatches()
            consumer.cancelled()
        case .closeChannel(let reason):
            closedByBroker(channel, reason)
        case .closeConnection, .blocked, .unblocked, .unexpected:
            throw .protocolViolation("unexpected method on channel \(channel.key.number): \(method)")
        }
    }

    private func settle(
        _ tag: UInt64,
        _ multiple: Bool,
        _ outcome: AMQPPublishOutcome,
        on channel: ChannelState
    ) throws(AMQPError) {
        guard let publisher = channel.publisher else {
            throw .protocolViolation("a confirm on channel \(channel.key.number), which asked for none")
        }
        try publisher.settled(tag: tag, multiple: multiple, outcome: outcome)
        noteBatch(of: publisher)
    }

    private func receive(_ content: ContentAssembler.Content, on channel: ChannelState) {
        switch content {
        case .delivery(let delivery):
            guard let consumer = channel.consumers[delivery.consumerTag] else {
                logger.debug(
                    "A message for a consumer that is gone",
                    metadata: ["consumer": "\(delivery.consumerTag)", "delivery": "\(delivery.deliveryTag)"]
                )
                return
            }
            consumer.append(delivery)
            noteBatch(of: consumer)
        case .returned(let returned):
            if let publisher = channel.publisher, let messageID = returned.properties.messageID,
                publisher.returned(
                    messageID: messageID,
                    replyCode: returned.replyCode,
                    replyText: returned.replyText
                )
            {
                noteBatch(of: publisher)
                return
            }
            channel.returns.append(returned)
            noteBatch(of: channel.returns)
        }
    }
}
