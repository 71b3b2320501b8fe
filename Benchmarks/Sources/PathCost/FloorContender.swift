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

    func commands(for load: Load, seconds: Int) -> [Command] {
        var arguments = ["floor-requester", "--amqp-url", surroundings.amqpURL, "--namespace", namespace]
        arguments += ["--seconds", "\(seconds)"]
        switch load {
        case .closed(let inFlight): arguments += ["--in-flight", "\(inFlight)"]
        case .open(let rate, let isPoisson):
            arguments += ["--rate", "\(rate)"]
            if isPoisson { arguments.append("--poisson") }
        }
        return [Command(executable: surroundings.own, arguments: arguments)]
    }
}
