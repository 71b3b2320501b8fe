internal import EventThread
internal import Logging

extension AMQPConnection {
    /// Frames handled in one turn, so that a flood of deliveries cannot keep commands from being written.
    private static let framesPerTurn = 2048
    /// Frames after which the library's memory for them is given back.
    private static let framesPerRelease = 64
    /// Commands after which the socket is asked again whether it takes more.
    private static let commandsPerCheck = 64
    /// Bytes of bodies after which the socket is asked again whether it takes more.
    private static let bytesPerCheck = 65_536

    /// Writes what is queued, reads what has come, hands it over, and says what to wait for.
    func turn() -> EventInterest {
        writeCommands(mayBlock: false)
        let hasMore = readFrames()
        flushBatches()
        guard endError == nil, let descriptor = handle.descriptor else { return .none }
        // Heartbeats are sent and checked by the library when it reads, so it has to be called often enough.
        // The broker may have asked for a shorter one than the configuration.
        let heartbeat = handle.heartbeat * 1_000
        return EventInterest(
            descriptor: descriptor,
            readable: true,
            writable: !backlog.isEmpty,
            timeoutMilliseconds: hasMore ? 0 : heartbeat > 0 ? heartbeat / 2 : nil
        )
    }

    /// Writes all queued commands, in order, as far as the socket takes them; with `mayBlock` all of them.
    func writeCommands(mayBlock: Bool) {
        commands.take(into: &backlog)
        guard !backlog.isEmpty else { return }
        // One segment for all instead of three for each message: the library writes each frame by itself.
        let isCorked = backlog.count > 1 || backlog.first?.isPublish == true
        if isCorked { handle.cork() }
        var commandCount = 0
        var byteCount = 0
        while !backlog.isEmpty {
            if !mayBlock, endError == nil, commandCount == 0 || byteCount >= Self.bytesPerCheck {
                guard handle.isWritable else { break }
                (commandCount, byteCount) = (Self.commandsPerCheck, 0)
            }
            commandCount -= 1
            byteCount += perform(backlog.removeFirst())
        }
        if isCorked { handle.uncork() }
    }

    /// Carries out a command, and returns the bytes of body that it wrote.
    private func perform(_ command: Command) -> Int {
        switch command {
        case .publish(let message, let key, let publisher):
            return publish(message, on: key, publisher)
        case .acknowledge(let tag, let multiple, let key):
            guard channel(key) != nil else { return 0 }
            write { handle throws(HandleError) in
                try handle.acknowledge(tag, multiple: multiple, on: key.number)
            }
        case .reject(let tag, let requeue, let multiple, let key):
            guard channel(key) != nil else { return 0 }
            write { handle throws(HandleError) in
                try handle.reject(tag, requeue: requeue, multiple: multiple, on: key.number)
            }
        case .setReturnHandler(let handler, let key):
            channel(key)?.returns.handler = handler
        case .setCloseHandler(let handler, let channel):
            setCloseHandler(handler, of: channel)
        case .setBlockedHandler(let handler):
            guard endError == nil else { break }
            blockedHandler = handler
            if let blockedReason { handler(blockedReason) }
        case .close:
            closeNow()
        }
        return 0
    }

    private func publish(
        _ message: AMQPMessage,
        on key: ChannelKey,
        _ publisher: (any ConfirmSink & Sendable)?
    ) -> Int {
        if let outcome = refusal(of: message, on: key, publisher) {
            guard let publisher else { return 0 }
            publisher.refused(outcome)
            noteBatch(of: publisher)
            return 0
        }
        if let publisher {
            publisher.wrote(mandatoryMessageID: message.mandatory ? message.properties.messageID : nil)
        } else {
            channel(key)?.publisher?.wroteUntracked()
        }
        write { handle throws(HandleError) in
            try handle.publish(message, on: key.number)
        }
        return message.body.count
    }

    /// Why a message is not written, or nil.
    private func refusal(
        of message: AMQPMessage,
        on key: ChannelKey,
        _ publisher: (any ConfirmSink)?
    ) -> AMQPPublishOutcome? {
        if let endError { return .failed(endError.afterTheEnd) }
        guard channel(key) != nil else {
            return .failed(AMQPError(code: .channelClosed, message: "the channel is closed"))
        }
        if let blockedReason { return .blocked(reason: blockedReason) }
        if let problem = message.problem(frameMax: handle.frameMax) {
            if publisher == nil {
                logger.error("A message cannot be sent and is dropped", metadata: ["error": "\(problem)"])
            }
            return .failed(problem)
        }
        if publisher != nil, message.mandatory, message.properties.messageID == nil {
            return .failed(.invalidArgument("a mandatory message with a confirm needs a message ID"))
        }
        return nil
    }

    private func write(_ body: (inout ConnectionHandle) throws(HandleError) -> Void) {
        do {
            try body(&handle)
        } catch {
            // The broker may have said why before it closed the socket.
            _ = readFrames()
            end(error.error(otherwise: .connectionClosed))
        }
    }

    /// Handles what has come, until there is nothing left or the turn is full. Returns whether there may be more.
    private func readFrames() -> Bool {
        var count = 0
        while endError == nil {
            do {
                guard let frame = try handle.nextFrame() else { break }
                try receive(frame)
            } catch {
                end(error.error(otherwise: .connectionClosed))
                return false
            }
            count += 1
            if count % Self.framesPerRelease == 0 { handle.releaseBuffers() }
            if count == Self.framesPerTurn { break }
        }
        handle.releaseBuffers()
        return count == Self.framesPerTurn
    }

    /// Handles the frames that the library has kept while a call waited for its answer, and no others.
    func handleQueuedFrames() {
        while endError == nil, handle.hasQueuedFrames {
            do {
                guard let frame = try handle.nextFrame() else { return }
                try receive(frame)
            } catch {
                end(error.error(otherwise: .connectionClosed))
            }
        }
    }

    /// Remembers to flush `sink` at the end of the turn.
    func noteBatch(of sink: any BatchSink) {
        if sink.hasBatch, !batches.contains(where: { $0 === sink }) { batches.append(sink) }
    }

    /// Hands over what this turn has brought.
    func flushBatches() {
        // A handler can only queue commands, so nothing is added while this runs.
        for sink in batches { sink.flush() }
        batches.removeAll(keepingCapacity: true)
    }

    private func setCloseHandler(_ handler: @escaping @Sendable (AMQPError) -> Void, of channel: AMQPChannel) {
        if let state = self.channel(channel.key) {
            state.closeHandler = handler
        } else if let error = channel.status.endError {
            handler(error)
        }
    }
}
