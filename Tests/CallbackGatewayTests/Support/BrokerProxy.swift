import AMQP
import TestSupport

/// Stands between a gateway and the broker, and can be cut like a cable, or swallow what goes through it.
struct BrokerProxy {
    private let link: FaultyLink

    /// Runs `body` with a proxy, and with the way to the broker through it.
    static func with(_ body: (BrokerProxy, AMQPConfiguration) async throws -> Void) async throws {
        var configuration = try ProductBroker.configuration()
        let link = try await FaultyLink(to: Int(configuration.endpoints[0].port))
        configuration.endpoints = [AMQPEndpoint(host: "127.0.0.1", port: UInt16(link.port))]
        try await body(BrokerProxy(link: link), configuration)
    }

    /// Nothing comes through any more, and no connection ends, until ``cut()``.
    func swallow() async { await link.set(.stalled) }

    /// Ends every connection; new ones come through.
    func cut() async {
        // Before it is clear: what was swallowed stays so.
        await link.reset()
        await link.set(.clear)
    }

    /// Ends every connection, and every new one, until ``restore()``.
    func cutForGood() async { await link.set(.cut) }

    /// New connections come through again.
    func restore() async { await link.set(.clear) }
}
