import Foundation
import TestSupport

/// The RabbitMQ cluster of the tests.
enum Cluster {
    /// All of its nodes.
    static let nodes: [Server] = [.rabbitmq1, .rabbitmq2, .rabbitmq3]

    private struct Queue: Decodable {
        let name: String
        let leader: String?
        let members: [String]?
        let online: [String]?

        // For a classic queue RabbitMQ writes "" in the place of all three.
        init(from decoder: any Decoder) throws {
            let values = try decoder.container(keyedBy: Keys.self)
            name = try values.decode(String.self, forKey: .name)
            leader = try? values.decode(String.self, forKey: .leader)
            members = try? values.decode([String].self, forKey: .members)
            online = try? values.decode([String].self, forKey: .online)
        }

        private enum Keys: String, CodingKey {
            case name, leader, members, online
        }

        var isInSync: Bool {
            guard let members, !members.isEmpty else { return true }
            return Set(members) == Set(online ?? []) && leader.map(members.contains) == true
        }
    }

    /// The node that leads a quorum queue or a stream.
    static func leader(of queue: String) async throws -> Server {
        let found = try await queues().first { $0.name == queue }
        guard let leader = found?.leader, let node = nodes.first(where: { $0.nodeName == leader }) else {
            throw TestFailure("\(queue) has no leader: \(String(describing: found))")
        }
        return node
    }

    /// Starts the nodes that do not run, and waits until all queues are replicated on all of theirs.
    static func heal() async throws {
        try await Server.start(nodes)
        try await waitUntilInSync()
    }

    /// Waits until each replicated queue has a leader and all of its members.
    static func waitUntilInSync() async throws {
        try await eventually("all queues to be in sync", within: .seconds(120)) {
            // A node that has just come back may not answer yet.
            (try? await queues())?.allSatisfy(\.isInSync) == true
        }
    }

    private static func queues() async throws -> [Queue] {
        let text = try await nodes[0].control(
            "list_queues",
            "-p",
            "needrecord",
            "--formatter",
            "json",
            "name",
            "leader",
            "members",
            "online"
        )
        return try JSONDecoder().decode([Queue].self, from: Data(text.utf8))
    }
}
