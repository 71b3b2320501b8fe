/// Puts the frames of one channel together to messages: a method frame, a header frame, body frames.
///
/// A broker that mixes up their order, or announces a body beyond the limit, gets an error instead of memory.
package struct ContentAssembler {
    /// The method frame that announces a message, as far as it is kept.
    package enum Method: Sendable, Equatable {
        case deliver(consumerTag: String, deliveryTag: UInt64, redelivered: Bool, exchange: String, routingKey: String)
        case returned(replyCode: UInt16, replyText: String, exchange: String, routingKey: String)
    }

    /// A message that is complete.
    package enum Content: Sendable, Equatable {
        case delivery(AMQPDelivery)
        case returned(AMQPReturn)
    }

    private enum State {
        /// Between messages; goes to `header`.
        case idle
        /// The method has come; goes to `body`, or to `idle` when the body is empty.
        case header(Method)
        /// The header has come, and some of the body; goes to `idle` when `missing` is 0.
        case body(Method, AMQPProperties, collected: [UInt8], missing: Int)
    }

    private let bodyMax: Int
    private var state = State.idle

    /// - Parameter bodyMax: The largest body that is accepted, in bytes.
    package init(bodyMax: Int) {
        self.bodyMax = bodyMax
    }

    /// A method frame came that announces a message.
    package mutating func method(_ method: Method) throws(AMQPError) {
        guard case .idle = state else { throw .protocolViolation("a message began inside another") }
        state = .header(method)
    }

    /// A header frame came.
    package mutating func header(bodySize: UInt64, properties: AMQPProperties) throws(AMQPError) -> Content? {
        guard case .header(let method) = state else { throw .protocolViolation("a header frame without its method") }
        guard let size = Int(exactly: bodySize), size <= bodyMax else {
            throw .protocolViolation("a message of \(bodySize) bytes is over the limit of \(bodyMax)")
        }
        guard size > 0 else {
            state = .idle
            return method.content(properties, body: [])
        }
        state = .body(method, properties, collected: [], missing: size)
        return nil
    }

    /// A body frame came.
    package mutating func body(_ fragment: [UInt8]) throws(AMQPError) -> Content? {
        guard case .body(let method, let properties, var collected, var missing) = state else {
            throw .protocolViolation("a body frame without its header")
        }
        guard fragment.count <= missing else {
            throw .protocolViolation("a body is longer than its header says")
        }
        // The array must have one owner to grow in place.
        state = .idle
        missing -= fragment.count
        if collected.isEmpty {
            // Nearly every message is one frame, and that frame's array becomes the message's.
            collected = fragment
            if missing > 0 { collected.reserveCapacity(fragment.count + missing) }
        } else {
            collected.append(contentsOf: fragment)
        }
        guard missing == 0 else {
            state = .body(method, properties, collected: collected, missing: missing)
            return nil
        }
        return method.content(properties, body: collected)
    }
}

extension ContentAssembler.Method {
    fileprivate func content(_ properties: AMQPProperties, body: [UInt8]) -> ContentAssembler.Content {
        switch self {
        case .deliver(let consumerTag, let deliveryTag, let redelivered, let exchange, let routingKey):
            .delivery(
                AMQPDelivery(
                    consumerTag: consumerTag,
                    deliveryTag: deliveryTag,
                    redelivered: redelivered,
                    exchange: exchange,
                    routingKey: routingKey,
                    properties: properties,
                    body: body
                )
            )
        case .returned(let replyCode, let replyText, let exchange, let routingKey):
            .returned(
                AMQPReturn(
                    replyCode: replyCode,
                    replyText: replyText,
                    exchange: exchange,
                    routingKey: routingKey,
                    properties: properties,
                    body: body
                )
            )
        }
    }
}
