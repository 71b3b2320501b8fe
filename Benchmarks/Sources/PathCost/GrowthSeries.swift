import ArgumentParser

/// What grows from one step to the next.
enum GrowthSeries: String, CaseIterable, ExpressibleByArgument {
    case gateways, workers, rules, connections, audit

    var title: String {
        switch self {
        case .gateways: "Gateways"
        case .workers: "Workers"
        case .rules: "Rules"
        case .connections: "Connections"
        case .audit: "The audit trail"
        }
    }

    /// What was asked of what.
    var explanation: String {
        switch self {
        case .gateways:
            """
            Beside one worker, at 256 connections. Each gateway has a load generator of its own with its share of the \
            connections: answers a second are the sum of all, and p50 and p99 those of the gateway where they are \
            worst.
            """
        case .workers: "Behind one gateway, at 256 connections."
        case .rules:
            """
            One gateway and one worker, at 256 connections. Every answer rests on a rule for its stream alone; the \
            names are equally long, and the kinds of rules the same.
            """
        case .connections:
            """
            One gateway and one worker, which are asked by more and more callers. The memory is that of the first \
            round, because little of what is taken once is given back.
            """
        case .audit:
            """
            One gateway and one worker, at 256 connections, with so many outcomes in the database before: ten million \
            of the current day, and ten million of each day before. One step after the other, in one database that \
            grows.
            """
        }
    }
}
