/// A process of the installation under faults.
enum Member: String, CaseIterable, Codable, Sendable {
    case firstGateway
    case secondGateway
    case firstWorker
    case secondWorker
    case auditor

    /// Those that answer.
    static let gateways: [Member] = [.firstGateway, .secondGateway]

    /// Those whose civil clock can be put forward and back while they run.
    static let unsteady: [Member] = [.secondGateway, .secondWorker, .auditor]

    var role: Deployment.Role {
        switch self {
        case .firstGateway, .secondGateway: .gateway
        case .firstWorker, .secondWorker: .worker
        case .auditor: .auditor
        }
    }
}

/// A connection's way, which has a ``FaultyLink`` on it: from a member to a server, or from the platform to a member.
struct Way: Hashable, Sendable {
    enum End: String, Sendable {
        case platform
        case broker
        case database
    }

    let member: Member
    let end: End

    /// All that there are. A gateway has no way to the database.
    static let all = Member.allCases.flatMap { member in
        let ends: [End] = member.role == .gateway ? [.platform, .broker] : [.broker, .database]
        return ends.map { Way(member: member, end: $0) }
    }
}

/// What a fault befalls. Of faults of the same subject one ends before the next begins.
enum FaultSubject: Hashable, Sendable, CustomStringConvertible {
    case member(Member)
    case server(Server)
    case way(Way)
    /// Not a fault: people who do their work meanwhile.
    case operators

    var description: String {
        switch self {
        case .member(let member): member.rawValue
        case .server(let server): server.rawValue
        case .way(let way): "\(way.member.rawValue)-\(way.end.rawValue)"
        case .operators: "operators"
        }
    }
}

/// One fault of a schedule.
struct Fault: Hashable, Sendable {
    enum Action: String, Sendable, CaseIterable {
        // Of processes and servers.
        /// SIGKILL, and started again after the fault's length.
        case kill
        /// SIGSTOP, and SIGCONT after the length.
        case pause
        /// Stopped in an orderly way, and started again.
        case restart
        /// The civil clock jumps by up to ten seconds, and back after the length.
        case stepClock

        // Of the broker.
        case memoryAlarm
        case diskAlarm
        /// The work queue takes nothing more.
        case fullQueue
        /// Somebody deletes the work queue.
        case deletedQueue
        /// Somebody deletes the work queue and declares it otherwise.
        case changedQueue
        /// Somebody takes away the work queue's binding.
        case unboundQueue

        // Of the broker and the database.
        /// The password is no longer right, and all connections are closed.
        case refusedLogin

        // Of the database.
        /// All sessions are ended.
        case endedSessions

        // Of ways.
        /// Connections are reset, and new ones too.
        case cut
        /// Nothing gets through, and nobody is told.
        case stall
        /// Everything gets through later.
        case slow
        /// The first part of something gets through, then connections are reset.
        case truncate
        /// Bytes are left out, repeated or changed. On ways with TLS only: nothing else protects from that.
        case garble

        // Of operators.
        /// What was asked in the last minute is sent through the work queue again.
        case replay
        /// Rules are published that match nothing, as another revision.
        case publishRules
    }

    let subject: FaultSubject
    let action: Action
    /// How long after the start it is due.
    let due: Duration
    /// How long until it is mended.
    let length: Duration
    /// How bad it is, where there is more and less: 0 to 1.
    let strength: Double
}
