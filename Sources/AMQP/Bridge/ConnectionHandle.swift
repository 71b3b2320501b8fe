internal import CLibRabbitMQ

/// The one owner of a connection of librabbitmq.
///
/// The library's contract: "you cannot share a socket, an `amqp_connection_state_t`, or a channel between threads";
/// and what its functions return lives in the connection's memory until `amqp_maybe_release_buffers` or the next
/// call. Both are met by the type: it cannot be copied and is stored in ``AMQPConnection`` alone, whose jobs run on one
/// thread; and no method lets a pointer out, everything that is returned is a Swift value.
@safe struct ConnectionHandle: ~Copyable {
    /// nil once closed.
    private var connection: amqp_connection_state_t?
    let pool = EncodingPool()
    var caches = Caches()

    /// Texts that repeat from message to message.
    struct Caches {
        var consumerTag = TextCache()
        var exchange = TextCache()
        var routingKey = TextCache()
        var contentType = TextCache()
        var type = TextCache()
        var appID = TextCache()
    }

    init() {
        unsafe connection = amqp_new_connection()
    }

    deinit {
        if let connection = unsafe connection { _ = unsafe amqp_destroy_connection(connection) }
    }

    /// Closes the socket, whatever state the protocol is in, and gives all memory back.
    mutating func destroy() {
        if let connection = unsafe connection { _ = unsafe amqp_destroy_connection(connection) }
        unsafe connection = nil
    }

    var state: amqp_connection_state_t {
        get throws(HandleError) {
            guard let connection = unsafe connection else {
                throw .library(status: AMQP_STATUS_CONNECTION_CLOSED.rawValue)
            }
            return unsafe connection
        }
    }

    /// The socket, or nil once closed.
    var descriptor: Int32? {
        guard let connection = unsafe connection else { return nil }
        let descriptor = unsafe amqp_get_sockfd(connection)
        return descriptor < 0 ? nil : descriptor
    }

    /// The heartbeat in seconds, as agreed at login; 0 for none.
    var heartbeat: Int32 {
        guard let connection = unsafe connection else { return 0 }
        return unsafe amqp_get_heartbeat(connection)
    }

    /// The largest frame, as agreed at login.
    var frameMax: Int {
        guard let connection = unsafe connection else { return 0 }
        return Int(unsafe amqp_get_frame_max(connection))
    }

    /// The highest channel number, as agreed at login.
    var channelMax: Int {
        guard let connection = unsafe connection else { return 0 }
        let limit = Int(unsafe amqp_get_channel_max(connection))
        return limit == 0 ? Int(UInt16.max) : limit
    }

    /// Turns the library's answer into an error, if it is one.
    static func check(_ reply: amqp_rpc_reply_t) throws(HandleError) {
        switch unsafe reply.reply_type {
        case AMQP_RESPONSE_NORMAL:
            return
        case AMQP_RESPONSE_SERVER_EXCEPTION:
            guard let decoded = unsafe reply.reply.decoded else { break }
            switch unsafe reply.reply.id {
            case AMQP_CONNECTION_CLOSE_METHOD: throw .connectionClosed(unsafe CloseReason(connectionClose: decoded))
            case AMQP_CHANNEL_CLOSE_METHOD: throw .channelClosed(unsafe CloseReason(channelClose: decoded))
            default: break
            }
        case AMQP_RESPONSE_LIBRARY_EXCEPTION:
            throw .library(status: unsafe reply.library_error)
        default:
            break
        }
        throw .library(status: AMQP_STATUS_UNEXPECTED_STATE.rawValue)
    }

    /// Turns a status into an error, if it is one.
    static func check(_ status: Int32) throws(HandleError) {
        guard status == AMQP_STATUS_OK.rawValue else { throw .library(status: status) }
    }
}

extension CloseReason {
    init(connectionClose decoded: UnsafeMutableRawPointer) {
        let close = unsafe decoded.assumingMemoryBound(to: amqp_connection_close_t.self).pointee
        unsafe self.init(replyCode: close.reply_code, text: String(close.reply_text))
    }

    init(channelClose decoded: UnsafeMutableRawPointer) {
        let close = unsafe decoded.assumingMemoryBound(to: amqp_channel_close_t.self).pointee
        unsafe self.init(replyCode: close.reply_code, text: String(close.reply_text))
    }
}
