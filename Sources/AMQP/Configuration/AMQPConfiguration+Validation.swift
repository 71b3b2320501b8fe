extension AMQPConfiguration {
    /// What librabbitmq would take badly, or in another sense.
    func validate() throws(AMQPError) {
        guard (4096...16_777_216).contains(frameMax) else {
            throw .invalidArgument("a frame must have 4096 to 16777216 bytes, not \(frameMax)")
        }
        guard (.seconds(1) ... .seconds(3600)).contains(heartbeat) else {
            throw .invalidArgument("the heartbeat must be 1 to 3600 seconds, not \(heartbeat)")
        }
        guard connectTimeout > .zero, rpcTimeout > .zero else {
            throw .invalidArgument("timeouts must be positive")
        }
        // They go to the library as C strings, which would end there.
        for text in [virtualHost, user, password, connectionName] + endpoints.map(\.host) where text.utf8.contains(0) {
            throw .invalidArgument("virtual host, user, password and hosts must not contain NUL")
        }
        guard ShortString.isValid(virtualHost) else {
            throw .invalidArgument("the virtual host is longer than \(ShortString.maximumLength) bytes")
        }
        guard user.utf8.count + password.utf8.count <= 2048, connectionName.utf8.count <= 512 else {
            throw .invalidArgument("user, password or connection name is too long")
        }
        if let tls, (tls.certificateFile == nil) != (tls.keyFile == nil) {
            throw .invalidArgument("a client certificate and its key go together")
        }
    }
}
