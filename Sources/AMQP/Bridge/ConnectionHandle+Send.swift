internal import CLibRabbitMQ

extension ConnectionHandle {
    /// Whether the socket takes at least some bytes now.
    var isWritable: Bool {
        guard let descriptor else { return false }
        return clibrabbitmq_is_writable(descriptor)
    }

    /// Makes the kernel collect what is written until ``uncork()``, and send full segments.
    func cork() {
        if let descriptor { _ = clibrabbitmq_set_tcp_cork(descriptor, 1) }
    }

    func uncork() {
        if let descriptor { _ = clibrabbitmq_set_tcp_cork(descriptor, 0) }
    }

    /// Writes a message, whose ``AMQPMessage/problem(frameMax:)`` must be nil.
    func publish(_ message: AMQPMessage, on channel: UInt16) throws(HandleError) {
        let state = try unsafe state
        defer { pool.recycle() }
        let exchange = try unsafe pool.bytes(message.exchange)
        let routingKey = try unsafe pool.bytes(message.routingKey)
        var properties = try unsafe encode(message.properties)
        let status = unsafe message.body.withUnsafeBytes { body in
            unsafe clibrabbitmq_publish(
                state,
                channel,
                exchange,
                routingKey,
                message.mandatory,
                &properties,
                amqp_bytes_t(len: body.count, bytes: UnsafeMutableRawPointer(mutating: body.baseAddress))
            )
        }
        try Self.check(status)
    }

    func acknowledge(_ tag: UInt64, multiple: Bool, on channel: UInt16) throws(HandleError) {
        try Self.check(unsafe amqp_basic_ack(state, channel, tag, multiple ? 1 : 0))
    }

    func reject(_ tag: UInt64, requeue: Bool, multiple: Bool, on channel: UInt16) throws(HandleError) {
        try Self.check(unsafe amqp_basic_nack(state, channel, tag, multiple ? 1 : 0, requeue ? 1 : 0))
    }

    /// Answers a channel.close, after which the broker lets the number be used again.
    func answerChannelClose(_ channel: UInt16) throws(HandleError) {
        var answer = amqp_channel_close_ok_t()
        try Self.check(unsafe amqp_send_method(state, channel, AMQP_CHANNEL_CLOSE_OK_METHOD, &answer))
    }

    /// Answers a connection.close.
    func answerConnectionClose() throws(HandleError) {
        var answer = amqp_connection_close_ok_t()
        try Self.check(unsafe amqp_send_method(state, 0, AMQP_CONNECTION_CLOSE_OK_METHOD, &answer))
    }

    /// Answers a basic.cancel.
    func answerCancel(consumerTag: String, on channel: UInt16) throws(HandleError) {
        defer { pool.recycle() }
        var answer = try unsafe amqp_basic_cancel_ok_t(consumer_tag: pool.bytes(consumerTag))
        try Self.check(unsafe amqp_send_method(state, channel, AMQP_BASIC_CANCEL_OK_METHOD, &answer))
    }

    private func encode(_ source: AMQPProperties) throws(HandleError) -> amqp_basic_properties_t {
        var target = unsafe amqp_basic_properties_t()
        var flags: Int32 = 0
        if let contentType = source.contentType {
            flags |= AMQP_BASIC_CONTENT_TYPE_FLAG
            unsafe target.content_type = try pool.bytes(contentType)
        }
        if let contentEncoding = source.contentEncoding {
            flags |= AMQP_BASIC_CONTENT_ENCODING_FLAG
            unsafe target.content_encoding = try pool.bytes(contentEncoding)
        }
        if !source.headers.isEmpty {
            flags |= AMQP_BASIC_HEADERS_FLAG
            unsafe target.headers = try pool.table(source.headers)
        }
        if let deliveryMode = source.deliveryMode {
            flags |= AMQP_BASIC_DELIVERY_MODE_FLAG
            unsafe target.delivery_mode = deliveryMode.rawValue
        }
        if let priority = source.priority {
            flags |= AMQP_BASIC_PRIORITY_FLAG
            unsafe target.priority = priority
        }
        if let correlationID = source.correlationID {
            flags |= AMQP_BASIC_CORRELATION_ID_FLAG
            unsafe target.correlation_id = try pool.bytes(correlationID)
        }
        if let replyTo = source.replyTo {
            flags |= AMQP_BASIC_REPLY_TO_FLAG
            unsafe target.reply_to = try pool.bytes(replyTo)
        }
        if let expiration = source.expiration {
            flags |= AMQP_BASIC_EXPIRATION_FLAG
            unsafe target.expiration = try pool.bytes(String(expiration))
        }
        if let messageID = source.messageID {
            flags |= AMQP_BASIC_MESSAGE_ID_FLAG
            unsafe target.message_id = try pool.bytes(messageID)
        }
        if let timestamp = source.timestamp {
            flags |= AMQP_BASIC_TIMESTAMP_FLAG
            unsafe target.timestamp = UInt64(max(timestamp, 0))
        }
        if let type = source.type {
            flags |= AMQP_BASIC_TYPE_FLAG
            unsafe target.type = try pool.bytes(type)
        }
        if let userID = source.userID {
            flags |= AMQP_BASIC_USER_ID_FLAG
            unsafe target.user_id = try pool.bytes(userID)
        }
        if let appID = source.appID {
            flags |= AMQP_BASIC_APP_ID_FLAG
            unsafe target.app_id = try pool.bytes(appID)
        }
        unsafe target._flags = UInt32(flags)
        return unsafe target
    }
}
