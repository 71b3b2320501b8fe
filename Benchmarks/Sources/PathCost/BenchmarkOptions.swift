import AMQP
import ArgumentParser
import Foundation
import Measuring

/// What is measured, and the servers that it runs on.
struct BenchmarkOptions: ParsableArguments {
    @Option(help: "The executable to measure.")
    var needrecord = ".build/release/needrecord"

    @Option(help: ArgumentHelp("The broker.", valueName: "url"))
    var amqpURL: String

    @Option(help: ArgumentHelp("A login that may create databases.", valueName: "url"))
    var databaseURL: String

    @Option(help: "The broker's process, to count its CPU time.")
    var brokerProcess: Int32

    @Option(help: "The database server's first process, to count its CPU time and that of its children.")
    var databaseProcess: Int32

    @Option(help: ArgumentHelp("The versions of the servers, for the report.", valueName: "text"))
    var servers = "servers of unknown versions"

    @Option(help: "The migrations.")
    var migrations = "migrations"

    var meter: Meter { Meter(brokerProcess: brokerProcess, databaseProcess: databaseProcess) }

    /// When it is measured, on what and with what.
    var circumstances: String {
        let versions = "\(servers), librabbitmq \(libRabbitMQVersion())"
        return "\(today()), \(Machine.description); \(versions); release build, everything on this machine."
    }

    /// Makes the directory for journals and logs.
    func surroundings() throws -> Surroundings {
        let directory = FileManager.default.temporaryDirectory.appending(path: "needrecord-benchmark-\(getpid())").path
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        return Surroundings(
            needrecord: needrecord,
            amqpURL: amqpURL,
            databaseURL: databaseURL,
            migrations: migrations,
            directory: directory
        )
    }
}

/// The date, such as 2026-11-27.
func today() -> String {
    Date.now.formatted(.iso8601.year().month().day())
}
