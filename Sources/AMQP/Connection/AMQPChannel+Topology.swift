extension AMQPChannel {
    /// Declares an exchange, or checks that it is as described.
    ///
    /// - Parameter passive: Only check that an exchange of this name exists.
    /// - Throws: ``AMQPError/Code/preconditionFailed`` when it exists with other properties,
    ///   ``AMQPError/Code/notFound`` when it does not exist and `passive` is set. Either closes the channel.
    public func declareExchange(_ exchange: AMQPExchange, passive: Bool = false) async throws(AMQPError) {
        try Self.check([exchange.name], exchange.arguments)
        let number = key.number
        try await connection.call(on: key, status: status) { handle, _ throws(HandleError) in
            try handle.declare(exchange, passive: passive, on: number)
        }
    }

    /// Declares a queue or stream, or checks that it is as described.
    ///
    /// - Parameter passive: Only check that a queue of this name exists, and count its messages.
    /// - Throws: ``AMQPError/Code/preconditionFailed`` when it exists with other properties,
    ///   ``AMQPError/Code/resourceLocked`` when it is another connection's exclusive queue,
    ///   ``AMQPError/Code/notFound`` when it does not exist and `passive` is set. Each closes the channel.
    @discardableResult
    public func declareQueue(_ queue: AMQPQueue, passive: Bool = false) async throws(AMQPError) -> AMQPQueueStatus {
        try Self.check([queue.name], queue.arguments)
        let number = key.number
        return try await connection.call(on: key, status: status) { handle, _ throws(HandleError) in
            try handle.declare(queue, passive: passive, on: number)
        }
    }

    /// Makes `exchange` route to `queue`.
    ///
    /// - Throws: ``AMQPError/Code/notFound``, which closes the channel.
    public func bind(
        queue: String,
        exchange: String,
        routingKey: String,
        arguments: AMQPTable = AMQPTable()
    ) async throws(AMQPError) {
        try Self.check([queue, exchange, routingKey], arguments)
        let number = key.number
        try await connection.call(on: key, status: status) { handle, _ throws(HandleError) in
            try handle.bind(
                queue: queue,
                exchange: exchange,
                routingKey: routingKey,
                arguments: arguments,
                on: number
            )
        }
    }

    /// Removes a binding; one that does not exist is no error.
    public func unbind(
        queue: String,
        exchange: String,
        routingKey: String,
        arguments: AMQPTable = AMQPTable()
    ) async throws(AMQPError) {
        try Self.check([queue, exchange, routingKey], arguments)
        let number = key.number
        try await connection.call(on: key, status: status) { handle, _ throws(HandleError) in
            try handle.unbind(
                queue: queue,
                exchange: exchange,
                routingKey: routingKey,
                arguments: arguments,
                on: number
            )
        }
    }

    /// Drops the messages of a queue that are not with a consumer, and says how many they were.
    @discardableResult
    public func purge(queue: String) async throws(AMQPError) -> Int {
        try Self.check([queue])
        let number = key.number
        return try await connection.call(on: key, status: status) { handle, _ throws(HandleError) in
            try handle.purge(queue, on: number)
        }
    }

    /// Deletes a queue with its messages, and says how many they were; one that does not exist is no error.
    ///
    /// - Throws: ``AMQPError/Code/preconditionFailed`` when it is not `ifUnused` or `ifEmpty`; closes the channel.
    @discardableResult
    public func deleteQueue(
        _ name: String,
        ifUnused: Bool = false,
        ifEmpty: Bool = false
    ) async throws(AMQPError) -> Int {
        try Self.check([name])
        let number = key.number
        return try await connection.call(on: key, status: status) { handle, _ throws(HandleError) in
            try handle.deleteQueue(name, ifUnused: ifUnused, ifEmpty: ifEmpty, on: number)
        }
    }

    /// Deletes an exchange; one that does not exist is no error.
    ///
    /// - Throws: ``AMQPError/Code/preconditionFailed`` when it has bindings and `ifUnused` is set; closes the channel.
    public func deleteExchange(_ name: String, ifUnused: Bool = false) async throws(AMQPError) {
        try Self.check([name])
        let number = key.number
        try await connection.call(on: key, status: status) { handle, _ throws(HandleError) in
            try handle.deleteExchange(name, ifUnused: ifUnused, on: number)
        }
    }

    /// Limits how many deliveries each consumer started from now on may hold unacknowledged.
    ///
    /// - Parameter count: 0 for no limit, which a stream does not accept.
    public func setPrefetch(_ count: UInt16) async throws(AMQPError) {
        let number = key.number
        try await connection.call(on: key, status: status) { handle, _ throws(HandleError) in
            try handle.setPrefetch(count, on: number)
        }
    }

    static func check(_ names: [String], _ arguments: AMQPTable = AMQPTable()) throws(AMQPError) {
        for name in names where !ShortString.isValid(name) {
            throw .invalidArgument("a name is longer than \(ShortString.maximumLength) bytes")
        }
        guard arguments.encodedSizeBound() != nil else {
            throw .invalidArgument("an argument's name is longer than \(ShortString.maximumLength) bytes")
        }
    }
}
