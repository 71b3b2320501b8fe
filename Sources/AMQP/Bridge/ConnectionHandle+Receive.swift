internal import CLibRabbitMQ

extension ConnectionHandle {
    /// Whether the library has queued frames that came while a call waited for its answer.
    var hasQueuedFrames: Bool {
        guard let state = try? unsafe state else { return false }
        return unsafe amqp_frames_enqueued(state) != 0
    }

    /// The next frame, or nil when there is none now. Never waits; sends a heartbeat when one is due, and fails when
    /// the broker's are missing.
    mutating func nextFrame() throws(HandleError) -> Frame? {
        var frame = unsafe amqp_frame_t()
        var timeout = timeval()
        let status = try unsafe amqp_simple_wait_frame_noblock(state, &frame, &timeout)
        if status == AMQP_STATUS_TIMEOUT.rawValue { return nil }
        try Self.check(status)
        return try unsafe copy(frame)
    }

    /// Gives back the memory of all frames that were taken.
    func releaseBuffers() {
        if let state = try? unsafe state { unsafe amqp_maybe_release_buffers(state) }
    }

    private mutating func copy(_ frame: amqp_frame_t) throws(HandleError) -> Frame {
        let channel = unsafe frame.channel
        switch Int32(unsafe frame.frame_type) {
        case AMQP_FRAME_METHOD:
            return .method(channel: channel, try unsafe copy(frame.payload.method))
        case AMQP_FRAME_HEADER:
            let header = unsafe frame.payload.properties
            // Other classes have other properties, and the library decodes whichever the frame names.
            guard Int32(unsafe header.class_id) == AMQP_BASIC_CLASS, let decoded = unsafe header.decoded else {
                throw .violation("a header frame of class \(unsafe header.class_id)")
            }
            let properties = unsafe decoded.assumingMemoryBound(to: amqp_basic_properties_t.self)
            return .header(
                channel: channel,
                bodySize: unsafe header.body_size,
                try unsafe copy(properties.pointee)
            )
        case AMQP_FRAME_BODY:
            return .body(channel: channel, unsafe [UInt8](frame.payload.body_fragment.buffer))
        default:
            throw .violation("a frame of type \(unsafe frame.frame_type)")
        }
    }

    private mutating func copy(_ method: amqp_method_t) throws(HandleError) -> Frame.Method {
        guard let decoded = unsafe method.decoded else { return .unexpected(unsafe method.id) }
        switch unsafe method.id {
        case AMQP_BASIC_DELIVER_METHOD:
            let deliver = unsafe decoded.assumingMemoryBound(to: amqp_basic_deliver_t.self).pointee
            return .content(
                .deliver(
                    consumerTag: unsafe caches.consumerTag.text(deliver.consumer_tag),
                    deliveryTag: unsafe deliver.delivery_tag,
                    redelivered: unsafe deliver.redelivered != 0,
                    exchange: unsafe caches.exchange.text(deliver.exchange),
                    routingKey: unsafe caches.routingKey.text(deliver.routing_key)
                )
            )
        case AMQP_BASIC_RETURN_METHOD:
            let returned = unsafe decoded.assumingMemoryBound(to: amqp_basic_return_t.self).pointee
            return .content(
                .returned(
                    replyCode: unsafe returned.reply_code,
                    replyText: unsafe String(returned.reply_text),
                    exchange: unsafe String(returned.exchange),
                    routingKey: unsafe String(returned.routing_key)
                )
            )
        case AMQP_BASIC_ACK_METHOD:
            let confirm = unsafe decoded.assumingMemoryBound(to: amqp_basic_ack_t.self).pointee
            return .acknowledge(tag: confirm.delivery_tag, multiple: confirm.multiple != 0)
        case AMQP_BASIC_NACK_METHOD:
            let confirm = unsafe decoded.assumingMemoryBound(to: amqp_basic_nack_t.self).pointee
            return .negativelyAcknowledge(tag: confirm.delivery_tag, multiple: confirm.multiple != 0)
        case AMQP_BASIC_CANCEL_METHOD:
            let cancel = unsafe decoded.assumingMemoryBound(to: amqp_basic_cancel_t.self).pointee
            return unsafe .cancel(consumerTag: String(cancel.consumer_tag), wantsAnswer: cancel.nowait == 0)
        case AMQP_CHANNEL_CLOSE_METHOD:
            return .closeChannel(unsafe CloseReason(channelClose: decoded))
        case AMQP_CONNECTION_CLOSE_METHOD:
            return .closeConnection(unsafe CloseReason(connectionClose: decoded))
        case AMQP_CONNECTION_BLOCKED_METHOD:
            let blocked = unsafe decoded.assumingMemoryBound(to: amqp_connection_blocked_t.self).pointee
            return .blocked(reason: unsafe String(blocked.reason))
        case AMQP_CONNECTION_UNBLOCKED_METHOD:
            return .unblocked
        default:
            return .unexpected(unsafe method.id)
        }
    }

    private mutating func copy(_ source: amqp_basic_properties_t) throws(HandleError) -> AMQPProperties {
        let flags = Int32(bitPattern: unsafe source._flags)
        func has(_ flag: Int32) -> Bool { flags & flag != 0 }
        var target = AMQPProperties()
        if has(AMQP_BASIC_CONTENT_TYPE_FLAG) {
            target.contentType = unsafe caches.contentType.text(source.content_type)
        }
        if has(AMQP_BASIC_CONTENT_ENCODING_FLAG) { target.contentEncoding = unsafe String(source.content_encoding) }
        if has(AMQP_BASIC_HEADERS_FLAG) { target.headers = try unsafe AMQPTable(source.headers) }
        if has(AMQP_BASIC_DELIVERY_MODE_FLAG) {
            target.deliveryMode = AMQPProperties.DeliveryMode(rawValue: unsafe source.delivery_mode)
        }
        if has(AMQP_BASIC_PRIORITY_FLAG) { target.priority = unsafe source.priority }
        if has(AMQP_BASIC_CORRELATION_ID_FLAG) { target.correlationID = unsafe String(source.correlation_id) }
        if has(AMQP_BASIC_REPLY_TO_FLAG) { target.replyTo = unsafe String(source.reply_to) }
        if has(AMQP_BASIC_EXPIRATION_FLAG) { target.expiration = Int(unsafe String(source.expiration)) }
        if has(AMQP_BASIC_MESSAGE_ID_FLAG) { target.messageID = unsafe String(source.message_id) }
        if has(AMQP_BASIC_TIMESTAMP_FLAG) { target.timestamp = Int(clamping: unsafe source.timestamp) }
        if has(AMQP_BASIC_TYPE_FLAG) { target.type = unsafe caches.type.text(source.type) }
        if has(AMQP_BASIC_USER_ID_FLAG) { target.userID = unsafe String(source.user_id) }
        if has(AMQP_BASIC_APP_ID_FLAG) { target.appID = unsafe caches.appID.text(source.app_id) }
        return target
    }
}
