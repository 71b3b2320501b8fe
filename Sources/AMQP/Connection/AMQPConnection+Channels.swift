extension AMQPConnection {
    /// Opens a channel.
    ///
    /// A channel is the unit of failure: the broker answers a wrong call by closing its channel, and the other channels
    /// of the connection live on. Open one for each independent use.
    ///
    /// - Throws: ``AMQPError/Code/notConnected`` and others when the connection has ended or ends;
    ///   ``AMQPError/Code/invalidArgument`` when all channel numbers are taken.
    public func openChannel() throws(AMQPError) -> AMQPChannel {
        try requireOpen()
        writeCommands(mayBlock: true)
        try requireOpen()
        var number = 1
        while number < channels.count, channels[number] != nil { number += 1 }
        guard number <= handle.channelMax, let wireNumber = UInt16(exactly: number) else {
            throw .invalidArgument("all \(handle.channelMax) channels are in use")
        }
        do {
            try handle.openChannel(wireNumber)
        } catch {
            throw failed(error, channel: nil)
        }
        channelGeneration += 1
        let key = ChannelKey(number: wireNumber, generation: channelGeneration)
        let status = ChannelStatus()
        if number == channels.count { channels.append(nil) }
        channels[number] = ChannelState(key: key, status: status, bodyMax: configuration.bodyMax)
        return AMQPChannel(connection: self, key: key, status: status)
    }

    /// The state of an open channel, or nil when it has ended.
    func channel(_ key: ChannelKey) -> ChannelState? {
        guard let state = channel(number: key.number), state.key == key else { return nil }
        return state
    }

    func channel(number: UInt16) -> ChannelState? {
        Int(number) < channels.count ? channels[Int(number)] : nil
    }

    /// Runs a call on a channel: what is queued goes out first, and failures end what they have to end.
    func call<Result>(
        on key: ChannelKey,
        status: ChannelStatus,
        _ body: (inout ConnectionHandle, ChannelState) throws(HandleError) -> Result
    ) throws(AMQPError) -> Result {
        try requireOpen()
        writeCommands(mayBlock: true)
        try requireOpen()
        guard let channel = channel(key) else {
            throw status.endError ?? AMQPError(code: .channelClosed, message: "the channel is closed")
        }
        do {
            return try body(&handle, channel)
        } catch {
            throw failed(error, channel: channel)
        }
    }

    /// Closes a channel; its unacknowledged messages go back to their queues.
    func close(_ key: ChannelKey) {
        guard endError == nil else { return }
        writeCommands(mayBlock: true)
        guard let channel = channel(key), !isBlocked else { return }
        do {
            try handle.closeChannel(key.number)
            handleQueuedFrames()
        } catch {
            _ = failed(error, channel: channel)
        }
        if let channel = self.channel(key) {
            channels[Int(key.number)] = nil
            flushBatches()
            fail(channel, AMQPError(code: .channelClosed, message: "closed by this side"))
        }
    }

    /// Ends what a failed call ends (nothing, its channel, or the connection), and returns the error for the caller.
    private func failed(_ failure: HandleError, channel: ChannelState?) -> AMQPError {
        // They came before the answer, so they belong before the end.
        handleQueuedFrames()
        switch failure {
        case .channelClosed(let reason):
            let error = failure.error(otherwise: .channelClosed)
            if let channel { closedByBroker(channel, reason) }
            return error
        case .connectionClosed:
            let error = failure.error(otherwise: .connectionClosed)
            try? handle.answerConnectionClose()
            end(error)
            return error
        case .library, .violation:
            let error = failure.error(otherwise: .connectionClosed)
            // After a timeout the late answer would be taken for that of the next call, so the connection ends too.
            if !failure.leavesConnectionIntact { end(error) }
            return error
        }
    }

    /// The broker has closed a channel: answers, frees its number, and tells all who use it.
    func closedByBroker(_ channel: ChannelState, _ reason: CloseReason) {
        channels[Int(channel.key.number)] = nil
        flushBatches()
        fail(channel, HandleError.channelClosed(reason).error(otherwise: .channelClosed))
        do {
            try handle.answerChannelClose(channel.key.number)
        } catch {
            end(error.error(otherwise: .connectionClosed))
        }
    }

    /// Tells all who use a channel that it has ended.
    func fail(_ channel: ChannelState, _ error: AMQPError) {
        channel.status.end(error)
        if let publisher = channel.publisher {
            publisher.ended(error)
            publisher.flush()
        }
        for consumer in channel.consumers.values { consumer.cancelled() }
        channel.consumers = [:]
        channel.closeHandler?(error)
    }

    private func requireOpen() throws(AMQPError) {
        if let endError { throw endError.afterTheEnd }
        // It would not be read, and time out, and take the connection with it.
        if let blockedReason { throw .blocked(blockedReason) }
    }
}

extension AMQPError {
    /// What an operation gets that comes after the end of its connection, and is told why it ended.
    var afterTheEnd: AMQPError {
        AMQPError(code: .notConnected, replyCode: replyCode, message: "the connection has ended: \(message)")
    }
}
