internal import HummingbirdCore
internal import Logging
internal import NIOCore
internal import NIOHTTP1
internal import NIOSSL

/// How a connection of a caller is set up.
struct CallbackChannel: ServerChildChannel {
    /// A connection that is served.
    struct Value: ServerChildChannelValue {
        let channel: any Channel
    }

    let configuration: GatewayConfiguration
    let responder: any HTTPResponder
    /// Nil when nobody asks where a connection comes from.
    let admission: AdmissionDesk?
    let date: HTTPDate
    /// Told of each request that is answered with an error before the responder has seen it.
    let rejected: @Sendable (HTTPResponseStatus) -> Void

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture {
            try setUp(channel.pipeline.syncOperations)
            return Value(channel: channel)
        }
    }

    private func setUp(_ pipeline: ChannelPipeline.SynchronousOperations) throws {
        let exchange = HTTPExchange(responder: responder, date: date)
        if let admission {
            try pipeline.addHandler(
                ProxyProtocolReader(
                    desk: admission,
                    timeout: TimeAmount(configuration.requestTimeout),
                    onSource: { exchange.peer = $0 }
                )
            )
        }
        if let identity = configuration.tls {
            try pipeline.addHandler(NIOSSLServerHandler(context: identity.context))
        }
        try Self.addHTTP(to: pipeline, configuration, rejected: rejected)
        try pipeline.addHandler(exchange)
    }

    /// Adds what is between the bytes of a connection and its ``HTTPExchange``.
    static func addHTTP(
        to pipeline: ChannelPipeline.SynchronousOperations,
        _ configuration: GatewayConfiguration,
        rejected: @escaping @Sendable (HTTPResponseStatus) -> Void
    ) throws {
        var limits = NIOHTTPDecoderLimitConfiguration()
        // The parser counts the request target as a header field. Without it the guard counts them.
        let maximumLength = configuration.maximumHeaderLength + configuration.longestTargetLength
        limits.maxHeaderFieldSize = maximumLength
        limits.maxHeaderListSize = maximumLength
        limits.maxHeaderFieldCount = 100
        let requestGuard = RequestGuard(
            maximumHeaderLength: configuration.maximumHeaderLength,
            requestTimeout: configuration.requestTimeout,
            idleTimeout: configuration.idleTimeout,
            rejected: rejected
        )
        try pipeline.addHandler(requestGuard.firstByteNotice)
        try pipeline.configureHTTPServerPipeline(
            withPipeliningAssistance: false,
            withErrorHandling: false,
            withOutboundHeaderValidation: false,
            withEncoderConfiguration: .init(),
            withDecoderLimitConfiguration: limits
        )
        try pipeline.addHandler(requestGuard)
    }

    /// Waits until the connection has ended.
    func handle(value: Value, logger: Logger) async {
        await withTaskCancellationHandler {
            try? await value.channel.closeFuture.get()
        } onCancel: {
            value.channel.close(promise: nil)
        }
    }
}
