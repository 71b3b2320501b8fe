internal import CLibRabbitMQ

/// The calls that wait for the broker's answer, for as long as the RPC timeout.
extension ConnectionHandle {
    func openChannel(_ channel: UInt16) throws(HandleError) {
        try unsafe call { state in unsafe amqp_channel_open(state, channel) != nil }
    }

    func closeChannel(_ channel: UInt16) throws(HandleError) {
        try unsafe Self.check(amqp_channel_close(state, channel, AMQP_REPLY_SUCCESS))
    }

    func closeConnection() throws(HandleError) {
        try unsafe Self.check(amqp_connection_close(state, AMQP_REPLY_SUCCESS))
    }

    func selectConfirms(on channel: UInt16) throws(HandleError) {
        try unsafe call { state in unsafe amqp_confirm_select(state, channel) != nil }
    }

    func setPrefetch(_ count: UInt16, on channel: UInt16) throws(HandleError) {
        try unsafe call { state in unsafe amqp_basic_qos(state, channel, 0, count, 0) != nil }
    }

    func declare(_ exchange: AMQPExchange, passive: Bool, on channel: UInt16) throws(HandleError) {
        defer { pool.recycle() }
        let name = try unsafe pool.bytes(exchange.name)
        let kind = try unsafe pool.bytes(exchange.kind.rawValue)
        let arguments = try unsafe pool.table(exchange.arguments)
        try unsafe call { state in
            unsafe amqp_exchange_declare(
                state,
                channel,
                name,
                kind,
                passive ? 1 : 0,
                exchange.durable ? 1 : 0,
                exchange.autoDelete ? 1 : 0,
                exchange.internal ? 1 : 0,
                arguments
            ) != nil
        }
    }

    func deleteExchange(_ name: String, ifUnused: Bool, on channel: UInt16) throws(HandleError) {
        defer { pool.recycle() }
        let name = try unsafe pool.bytes(name)
        try unsafe call { state in unsafe amqp_exchange_delete(state, channel, name, ifUnused ? 1 : 0) != nil }
    }

    func declare(_ queue: AMQPQueue, passive: Bool, on channel: UInt16) throws(HandleError) -> AMQPQueueStatus {
        defer { pool.recycle() }
        let name = try unsafe pool.bytes(queue.name)
        let arguments = try unsafe pool.table(queue.arguments)
        var status = AMQPQueueStatus(name: "", messageCount: 0, consumerCount: 0)
        try unsafe call { state in
            let answer = unsafe amqp_queue_declare(
                state,
                channel,
                name,
                passive ? 1 : 0,
                queue.durable ? 1 : 0,
                queue.exclusive ? 1 : 0,
                queue.autoDelete ? 1 : 0,
                arguments
            )
            guard let answer = unsafe answer else { return false }
            unsafe status.name = String(answer.pointee.queue)
            unsafe status.messageCount = Int(answer.pointee.message_count)
            unsafe status.consumerCount = Int(answer.pointee.consumer_count)
            return true
        }
        return status
    }

    func bind(
        queue: String,
        exchange: String,
        routingKey: String,
        arguments: AMQPTable,
        on channel: UInt16
    ) throws(HandleError) {
        defer { pool.recycle() }
        let queue = try unsafe pool.bytes(queue)
        let exchange = try unsafe pool.bytes(exchange)
        let routingKey = try unsafe pool.bytes(routingKey)
        let arguments = try unsafe pool.table(arguments)
        try unsafe call { state in unsafe amqp_queue_bind(state, channel, queue, exchange, routingKey, arguments) != nil
        }
    }

    func unbind(
        queue: String,
        exchange: String,
        routingKey: String,
        arguments: AMQPTable,
        on channel: UInt16
    ) throws(HandleError) {
        defer { pool.recycle() }
        let queue = try unsafe pool.bytes(queue)
        let exchange = try unsafe pool.bytes(exchange)
        let routingKey = try unsafe pool.bytes(routingKey)
        let arguments = try unsafe pool.table(arguments)
        try unsafe call { state in
            unsafe amqp_queue_unbind(state, channel, queue, exchange, routingKey, arguments) != nil
        }
    }

    func purge(_ queue: String, on channel: UInt16) throws(HandleError) -> Int {
        defer { pool.recycle() }
        let queue = try unsafe pool.bytes(queue)
        var count = 0
        try unsafe call { state in
            guard let answer = unsafe amqp_queue_purge(state, channel, queue) else { return false }
            count = Int(unsafe answer.pointee.message_count)
            return true
        }
        return count
    }

    func deleteQueue(_ name: String, ifUnused: Bool, ifEmpty: Bool, on channel: UInt16) throws(HandleError) -> Int {
        defer { pool.recycle() }
        let name = try unsafe pool.bytes(name)
        var count = 0
        try unsafe call { state in
            let answer = unsafe amqp_queue_delete(state, channel, name, ifUnused ? 1 : 0, ifEmpty ? 1 : 0)
            guard let answer = unsafe answer else { return false }
            count = Int(unsafe answer.pointee.message_count)
            return true
        }
        return count
    }

    func consume(
        queue: String,
        consumerTag: String,
        noAcknowledge: Bool,
        exclusive: Bool,
        arguments: AMQPTable,
        on channel: UInt16
    ) throws(HandleError) {
        defer { pool.recycle() }
        let queue = try unsafe pool.bytes(queue)
        let consumerTag = try unsafe pool.bytes(consumerTag)
        let arguments = try unsafe pool.table(arguments)
        try unsafe call { state in
            unsafe amqp_basic_consume(
                state,
                channel,
                queue,
                consumerTag,
                0,
                noAcknowledge ? 1 : 0,
                exclusive ? 1 : 0,
                arguments
            ) != nil
        }
    }

    func cancel(consumerTag: String, on channel: UInt16) throws(HandleError) {
        defer { pool.recycle() }
        let consumerTag = try unsafe pool.bytes(consumerTag)
        try unsafe call { state in unsafe amqp_basic_cancel(state, channel, consumerTag) != nil }
    }

    /// Runs a call that answers with a pointer into the connection's memory, or NULL and the reason elsewhere.
    private func call(_ body: (amqp_connection_state_t) -> Bool) throws(HandleError) {
        let state = try unsafe state
        if unsafe !body(state) {
            try unsafe Self.check(amqp_get_rpc_reply(state))
            // NULL without a reason: the memory of the answer could not be had.
            throw .library(status: AMQP_STATUS_NO_MEMORY.rawValue)
        }
    }
}
