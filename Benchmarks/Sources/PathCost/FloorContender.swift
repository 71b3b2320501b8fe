import Foundation

/// Request and reply through the same broker and the same queues with nothing else: no HTTP, no database, no journal, no
/// outcome.
struct FloorContender: Contender {
    let name = "floor"
    let processes: [Child]
    private let surroundings: Surroundings
    private let namespace = "floor\(getpid())"

    init(_ surroundings: Surroundings) throws {
        self.surroundings = surroundings
        processes = [
            try Child(
                "responder",
                surroundings.own,
                ["floor-responder", "--amqp-url", surroundings.amqpURL, "--namespace", namespace],
                log: surroundings.directory + "/floor-responder.log"
            )
        ]
    }

    func command(for load: Load, seconds: Int) -> (executable: String, arguments: [String])? {
        guard case .closed(let inFlight) = load else { return nil }
        return (
            surroundings.own,
            [
                "floor-requester", "--amqp-url", surroundings.amqpURL, "--namespace", namespace,
                "--in-flight", "\(inFlight)", "--seconds", "\(seconds)",
            ]
        )
    }
}
