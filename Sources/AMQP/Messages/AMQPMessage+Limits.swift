extension AMQPMessage {
    /// Why the message cannot be written, or nil.
    ///
    /// Checked before anything of it is written: the library writes the method frame first, and when it then refuses
    /// the header frame, the broker is left waiting for one.
    func problem(frameMax: Int) -> AMQPError? {
        guard ShortString.isValid(exchange), ShortString.isValid(routingKey) else {
            return .invalidArgument("exchange or routing key is longer than \(ShortString.maximumLength) bytes")
        }
        let texts = (
            properties.contentType, properties.contentEncoding, properties.correlationID, properties.replyTo,
            properties.messageID, properties.type, properties.userID, properties.appID
        )
        guard
            ShortString.isValid(texts.0), ShortString.isValid(texts.1), ShortString.isValid(texts.2),
            ShortString.isValid(texts.3), ShortString.isValid(texts.4), ShortString.isValid(texts.5),
            ShortString.isValid(texts.6), ShortString.isValid(texts.7)
        else {
            return .invalidArgument("a message property is longer than \(ShortString.maximumLength) bytes")
        }
        if let expiration = properties.expiration, expiration < 0 {
            return .invalidArgument("the expiration is negative")
        }
        if properties.headers.isEmpty { return nil }
        guard let headers = properties.headers.encodedSizeBound() else {
            return .invalidArgument("a header's name is longer than \(ShortString.maximumLength) bytes")
        }
        // All properties but the headers, and the frame around them, fit in this.
        let rest = 64 + 9 * (1 + ShortString.maximumLength)
        guard headers <= frameMax - rest else {
            return .invalidArgument("the headers take \(headers) bytes, more than a frame of \(frameMax) can hold")
        }
        return nil
    }
}
