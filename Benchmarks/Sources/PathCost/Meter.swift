import Foundation
import Measuring

/// Reads what everything that takes part in an answer has used so far.
struct Meter {
    let brokerProcess: Int32
    /// The first process of the database server; the others are its children.
    let databaseProcess: Int32

    /// The CPU time in microseconds, by part: the processes by their names, the servers, and the load generators.
    func costs(of processes: [Child]) -> [Part<Double>] {
        let database = ProcessClock(process: databaseProcess)
        let servers = [
            Part(name: "broker", value: ProcessClock(process: brokerProcess).microseconds),
            Part(name: "database", value: ([database] + database.children).reduce(0) { $0 + $1.microseconds }),
            Part(name: "load", value: childrenMicroseconds),
        ]
        return processes.map { Part(name: $0.name, value: $0.clock.microseconds) }.together() + servers
    }

    /// The resident memory in bytes, by part.
    func memory(of processes: [Child]) -> [Part<Int>] {
        processes.map { Part(name: $0.name, value: $0.clock.residentBytes) }.together()
    }

    /// The CPU time of the load generators so far, which have ended.
    private var childrenMicroseconds: Double {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_CHILDREN.rawValue), &usage)
        return [usage.ru_utime, usage.ru_stime].reduce(0) { $0 + Double($1.tv_sec) * 1_000_000 + Double($1.tv_usec) }
    }
}
