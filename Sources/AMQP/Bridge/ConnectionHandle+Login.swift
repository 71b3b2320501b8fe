internal import CLibRabbitMQ

extension ConnectionHandle {
    /// What we tell the broker that we understand.
    private static let capabilities: AMQPValue = [
        "publisher_confirms": true,
        "basic.nack": true,
        "consumer_cancel_notify": true,
        "connection.blocked": true,
        "authentication_failure_close": true,
    ]

    /// Opens the socket and logs in. Blocks for up to twice the connect timeout, and for the lookup of the host's name.
    mutating func open(_ configuration: AMQPConfiguration, _ endpoint: AMQPEndpoint) throws(AMQPError) {
        do {
            try openSocket(configuration, endpoint)
        } catch {
            var failure = error.error(otherwise: .connectFailed)
            failure.message = "\(endpoint): \(failure.message)"
            throw failure
        }
        do {
            try login(configuration)
        } catch .connectionClosed(let reason) {
            try? answerConnectionClose()
            // During the login, and only then, 403 means the credentials.
            let code = reason.replyCode == 403 ? AMQPError.Code.authenticationFailed : .connectionClosed
            throw AMQPError(
                code: reason.replyCode == 403 ? code : .of(replyCode: reason.replyCode, otherwise: code),
                replyCode: reason.replyCode,
                message: reason.text
            )
        } catch {
            var failure = error.error(otherwise: .connectionClosed)
            failure.message = "login at \(endpoint): \(failure.message)"
            throw failure
        }
        // The standard's minimum; our own check of message sizes counts on it.
        guard frameMax >= 4096 else {
            throw .protocolViolation("the broker wants frames of \(frameMax) bytes, below the minimum of 4096")
        }
    }

    private func openSocket(_ configuration: AMQPConfiguration, _ endpoint: AMQPEndpoint) throws(HandleError) {
        let state = try unsafe state
        let socket: OpaquePointer
        if let tls = configuration.tls {
            unsafe socket = try Self.makeTLSSocket(state, tls)
        } else {
            guard let tcp = unsafe amqp_tcp_socket_new(state) else {
                throw .library(status: AMQP_STATUS_NO_MEMORY.rawValue)
            }
            unsafe socket = tcp
        }
        var timeout = timeval(configuration.connectTimeout)
        try Self.check(
            unsafe endpoint.host.withCString {
                unsafe amqp_socket_open_noblock(socket, $0, Int32(endpoint.port), &timeout)
            }
        )
        // A peer that does not take our bytes is as dead as one that sends no heartbeat, but the library waits for the
        // socket without a limit when it sends.
        let limit = configuration.heartbeat * 2
        _ = clibrabbitmq_set_tcp_user_timeout(unsafe amqp_get_sockfd(state), UInt32(limit.components.seconds * 1000))
    }

    private static func makeTLSSocket(
        _ state: amqp_connection_state_t,
        _ tls: AMQPTLS
    ) throws(HandleError) -> OpaquePointer {
        guard let socket = unsafe amqp_ssl_socket_new(state) else {
            throw .library(status: AMQP_STATUS_SSL_ERROR.rawValue)
        }
        unsafe amqp_ssl_socket_set_verify_peer(socket, tls.verifyPeer ? 1 : 0)
        unsafe amqp_ssl_socket_set_verify_hostname(socket, tls.verifyHostName ? 1 : 0)
        try check(unsafe amqp_ssl_socket_set_ssl_versions(socket, AMQP_TLSv1_2, AMQP_TLSvLATEST))
        if tls.verifyPeer {
            try check(unsafe tls.caFile.withCString { unsafe amqp_ssl_socket_set_cacert(socket, $0) })
        }
        if let certificate = tls.certificateFile, let key = tls.keyFile {
            try check(
                unsafe certificate.withCString { certificate in
                    unsafe key.withCString { unsafe amqp_ssl_socket_set_key(socket, certificate, $0) }
                }
            )
        }
        return unsafe socket
    }

    private func login(_ configuration: AMQPConfiguration) throws(HandleError) {
        let state = try unsafe state
        defer { pool.recycle() }
        var properties: AMQPTable = ["capabilities": Self.capabilities]
        if !configuration.connectionName.isEmpty {
            properties["connection_name"] = .string(configuration.connectionName)
        }
        var table = try unsafe pool.table(properties)
        var handshakeTimeout = timeval(configuration.connectTimeout)
        try Self.check(unsafe amqp_set_handshake_timeout(state, &handshakeTimeout))
        var rpcTimeout = timeval(configuration.rpcTimeout)
        try Self.check(unsafe amqp_set_rpc_timeout(state, &rpcTimeout))
        let reply = unsafe configuration.virtualHost.withCString { virtualHost in
            unsafe configuration.user.withCString { user in
                unsafe configuration.password.withCString { password in
                    unsafe clibrabbitmq_login_plain(
                        state,
                        virtualHost,
                        Int32(configuration.channelMax),
                        Int32(configuration.frameMax),
                        Int32(configuration.heartbeat.components.seconds),
                        &table,
                        user,
                        password
                    )
                }
            }
        }
        try unsafe Self.check(reply)
    }
}

extension timeval {
    init(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        self.init(tv_sec: Int(seconds), tv_usec: Int(attoseconds / 1_000_000_000_000))
    }
}
