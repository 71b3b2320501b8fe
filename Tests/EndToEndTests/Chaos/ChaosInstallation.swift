import Foundation
import NIOConcurrencyHelpers
import TestSupport

/// Two gateways, two workers and an auditor, each with a ``FaultyLink`` on each of its ways.
final class ChaosInstallation: Sendable {
    /// How many connections a worker may have to the database.
    static let workerPoolSize = 3

    let deployment: Deployment

    private let services = NIOLockedValueBox<[Member: ServiceProcess]>([:])
    private let settings = NIOLockedValueBox<[Member: [String: String]]>([:])
    private let links: NIOLockedValueBox<[Way: FaultyLink]>
    private let clocks: [Member: UnsteadyClock]
    private let scratch = TemporaryDirectory()
    private let journals: [TemporaryDirectory]

    /// Starts everything, and waits until it is there.
    init(_ deployment: Deployment) async throws {
        self.deployment = deployment
        try FileManager.default.createDirectory(atPath: scratch.path, withIntermediateDirectories: true)
        let clockLibrary = try await UnsteadyClock.build(in: scratch.path)
        var clocks: [Member: UnsteadyClock] = [:]
        var links: [Way: FaultyLink] = [:]
        var settings: [Member: [String: String]] = [:]
        var journals: [TemporaryDirectory] = []
        for member in Member.allCases {
            let broker = try await FaultyLink(to: try TestEnvironment.amqpsPort())
            links[Way(member: member, end: .broker)] = broker
            var own = ["NEEDRECORD_AMQP_URL": try Self.brokerURL(port: broker.port)]
            if member.role == .gateway {
                let journal = TemporaryDirectory()
                journals.append(journal)
                own["NEEDRECORD_GATEWAY_NAME"] = member.rawValue
                own["NEEDRECORD_JOURNAL_DIRECTORY"] = journal.path
            } else {
                var url = try Self.components(deployment.database.url)
                let database = try await FaultyLink(to: url.port ?? 5_432)
                links[Way(member: member, end: .database)] = database
                url.port = database.port
                own["NEEDRECORD_DATABASE_URL"] = url.string
                own["NEEDRECORD_DATABASE_CONNECTIONS"] = String(Self.workerPoolSize)
            }
            if Member.unsteady.contains(member) {
                let clock = try UnsteadyClock(library: clockLibrary, file: "\(scratch.path)/\(member.rawValue)")
                own.merge(clock.environment) { $1 }
                clocks[member] = clock
            }
            settings[member] = own
        }
        self.links = NIOLockedValueBox(links)
        self.clocks = clocks
        self.journals = journals
        self.settings.withLockedValue { $0 = settings }
        for member in Member.allCases { try await start(member) }
        for member in Member.gateways {
            let port = try await service(member).callbackPort()
            // Whoever asks finds it again after its death.
            self.settings.withLockedValue { $0[member]?["NEEDRECORD_HTTP_PORT"] = String(port) }
            let link = try await FaultyLink(to: port)
            self.links.withLockedValue { $0[Way(member: member, end: .platform)] = link }
        }
        for member in Member.allCases { try await service(member).waitUntilReady() }
    }

    /// The process that a member is now.
    func service(_ member: Member) throws -> ServiceProcess {
        guard let service = services.withLockedValue({ $0[member] }) else { throw TestFailure("no \(member)") }
        return service
    }

    /// The link on a way.
    func link(_ way: Way) throws -> FaultyLink {
        guard let link = links.withLockedValue({ $0[way] }) else { throw TestFailure("no link on \(way)") }
        return link
    }

    /// Starts a member, and does not wait: what it needs may be disturbed, too.
    func start(_ member: Member) async throws {
        let settings = settings.withLockedValue { $0[member] ?? [:] }
        let service = try await deployment.start(member.role, settings: settings, isAwaited: false)
        services.withLockedValue { $0[member] = service }
    }

    /// Steps a member's civil clock to this many seconds ahead of the machine's, or behind it.
    func setClock(of member: Member, to seconds: Int64) throws {
        try clocks[member]?.set(seconds)
    }

    /// How many connections go over each way to a server.
    func connectionCounts() -> [Way: Int] {
        links.withLockedValue { $0.filter { $0.key.end != .platform }.mapValues(\.connectionCount) }
    }

    private static func components(_ text: String) throws -> URLComponents {
        guard let components = URLComponents(string: text) else { throw TestFailure("not a URL: \(text)") }
        return components
    }

    /// Over TLS, so that bytes that are changed on the way are noticed.
    private static func brokerURL(port: Int) throws -> String {
        var url = try components(TestEnvironment.amqpURL())
        url.scheme = "amqps"
        url.host = "localhost"
        url.port = port
        url.percentEncodedQuery = "cacertfile=\(try TestEnvironment.certificates())/authority.pem"
        guard let text = url.string else { throw TestFailure("no URL for the broker") }
        return text
    }
}
