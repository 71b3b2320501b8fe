import AMQP
import AuditTrail
import CallbackGateway
import Configuration
import DecisionWorker
import Glibc
import Logging
import OutcomeJournal
import Postgres
import Wire

/// All settings of a process, checked.
struct Settings {
    var amqp: AMQPConfiguration
    var database: PostgresConfiguration
    var databaseConnections: Int
    var gateway = GatewayConfiguration()
    /// The file of keys, secrets and networks; nil when callbacks are taken from anybody.
    var admissionFile: String?
    var signatureTolerance = Duration.seconds(300)
    var replayWindow = Duration.seconds(90)
    var journal = JournalConfiguration(directory: Setting.journalDirectory.defaultValue)
    var worker = WorkerConfiguration()
    var auditor = AuditorConfiguration()
    var topology = Topology()
    /// The file with the gateway's certificate; nil for plain HTTP.
    var tlsCertificateFile: String?
    /// The file with its key.
    var tlsKeyFile: String?
    var opsHost: String
    var opsPort: Int
    var migrationsDirectory: String
    var logLevel: Logger.Level
    var logFormat: LogFormat
    /// The collector of traces; nil when none are recorded.
    var tracingEndpoint: String?
    var tracingSampleRatio: Double

    /// Reads every setting, whatever the process needs of them: a bad value is better found now than later.
    ///
    /// - Throws: ``SettingError`` for the first that cannot be used.
    init(_ config: ConfigReader) throws(SettingError) {
        let reader = SettingReader(config)
        amqp = try Self.amqp(reader)
        database = try Self.database(reader)
        databaseConnections = try reader.integer(.databaseConnections, in: 1...64)
        opsHost = try reader.string(.opsHost)
        opsPort = try reader.integer(.opsPort, in: 0...65_535)
        migrationsDirectory = try reader.string(.migrationsDirectory, maximumLength: 4_096)
        logLevel = try reader.choice(.logLevel, of: Logger.Level.self)
        logFormat = try reader.choice(.logFormat, of: LogFormat.self)
        tracingEndpoint = try reader.httpURL(.tracingEndpoint)
        tracingSampleRatio = try reader.fraction(.tracingSampleRatio)
        try readTopology(reader)
        try readGateway(reader)
        try readAdmission(reader)
        try readJournal(reader)
        try readWorker(reader)
        try readAuditor(reader)
    }

    private static func amqp(_ reader: SettingReader) throws(SettingError) -> AMQPConfiguration {
        let url = try reader.secret(.amqpURL, orFile: .amqpURLFile)
        do {
            // A node that stands still is known by its silence, for two heartbeats. Then an answer is late anyway, and
            // what waits for an answer has no time for a node that accepts and says nothing.
            return try AMQPConfiguration(
                url: url,
                defaults: AMQPConfiguration(heartbeat: .seconds(2), connectTimeout: .seconds(2))
            )
        } catch {
            throw SettingError(.amqpURL, value: "", "an AMQP URL: \(error.message)")
        }
    }

    private static func database(_ reader: SettingReader) throws(SettingError) -> PostgresConfiguration {
        let url = try reader.secret(.databaseURL, orFile: .databaseURLFile)
        do {
            var configuration = try PostgresConfiguration(url: url)
            if configuration.applicationName.isEmpty { configuration.applicationName = "needrecord" }
            return configuration
        } catch {
            throw SettingError(.databaseURL, value: "", "a PostgreSQL URL: \(error.message)")
        }
    }

    private mutating func readTopology(_ reader: SettingReader) throws(SettingError) {
        topology.namespace = try reader.string(.topologyNamespace, maximumLength: 100)
        topology.profile = try reader.choice(.topologyProfile, of: Topology.Profile.self)
        // The platform gives up after 5 s, and the answer has to travel.
        topology.answerBudget = try reader.duration(.answerBudget, in: .milliseconds(100) ... .milliseconds(4_900))
        topology.maximumQueueLength = try reader.integer(.topologyMaxQueueLength, in: 1...10_000_000)
        topology.callbacksRetentionDays = try reader.integer(.topologyCallbacksRetentionDays, in: 1...3_650)
        topology.callbacksMaximumBytes = try reader.integer(
            .topologyCallbacksMaxBytes,
            in: 100_000_000...100_000_000_000_000
        )
        topology.outcomesRetentionDays = try reader.integer(.topologyOutcomesRetentionDays, in: 1...3_650)
        topology.outcomesMaximumBytes = try reader.integer(
            .topologyOutcomesMaxBytes,
            in: 100_000_000...100_000_000_000_000
        )
    }

    private mutating func readGateway(_ reader: SettingReader) throws(SettingError) {
        gateway.host = try reader.string(.httpHost)
        gateway.port = try reader.integer(.httpPort, in: 0...65_535)
        if reader.text(.httpTLSCertificateFile) != nil {
            tlsCertificateFile = try reader.string(.httpTLSCertificateFile, maximumLength: 4_096)
        }
        if reader.text(.httpTLSKeyFile) != nil {
            tlsKeyFile = try reader.string(.httpTLSKeyFile, maximumLength: 4_096)
        }
        gateway.paths = try reader.paths(.httpPaths)
        gateway.recordingPaths = try reader.paths(.httpRecordingPaths, not: [.httpPaths])
        gateway.ingestPaths = try reader.paths(.httpIngestPaths, not: [.httpPaths, .httpRecordingPaths])
        gateway.answerBudget = topology.answerBudget
        gateway.maximumPending = try reader.integer(.gatewayMaxPending, in: 1...1_000_000)
        gateway.brokerGrace = try reader.duration(.gatewayBrokerGrace, in: .zero ... .seconds(5))
        gateway.usesLateDecisions = try reader.choice(.gatewayLateDecisions, of: Switch.self) == .on
        gateway.drainDelay = try reader.duration(.gatewayDrainDelay, in: .zero ... .seconds(60))
        gateway.maximumTargetLength = try reader.integer(.httpMaxTargetLength, in: 1_024...65_536)
        gateway.maximumHeaderLength = try reader.integer(.httpMaxHeaderLength, in: 1_024...65_536)
        gateway.maximumBodyLength = try reader.integer(.httpMaxBodyLength, in: 1_024...1_048_576)
        gateway.maximumConnections = try reader.integer(.httpMaxConnections, in: 1...1_000_000)
        gateway.requestTimeout = try reader.duration(.httpRequestTimeout, in: .milliseconds(100) ... .seconds(60))
        gateway.idleTimeout = try reader.duration(.httpIdleTimeout, in: .seconds(1) ... .seconds(3_600))
        gateway.name = try name(.gatewayName, reader)
        gateway.decisionLogLevel = try reader.choice(.logDecisions, of: Logger.Level.self)
        gateway.logsWholeClientAddresses = try reader.choice(.logClients, of: ClientAddressDetail.self) == .address
    }

    private mutating func readAdmission(_ reader: SettingReader) throws(SettingError) {
        if reader.text(.authFile) != nil { admissionFile = try reader.string(.authFile, maximumLength: 4_096) }
        signatureTolerance = try reader.duration(.authTolerance, in: .seconds(1) ... .seconds(3_600))
        replayWindow = try reader.duration(.authReplayWindow, in: .seconds(1) ... .seconds(7_200))
    }

    private mutating func readJournal(_ reader: SettingReader) throws(SettingError) {
        journal.directory = try reader.string(.journalDirectory, maximumLength: 4_096)
        journal.sync = try reader.choice(.journalSync, of: JournalSync.self)
        // Two segments at least: one is written while another waits for its last confirm.
        journal.maximumBytes = try reader.integer(
            .journalMaxBytes,
            in: 2 * journal.segmentBytes...1_000_000_000_000
        )
        // A disk that hangs delays an answer that has used up its budget. What is left of the platform's 5 s after that is
        // for the way.
        journal.patience = min(journal.patience, (.seconds(5) - topology.answerBudget) / 2)
    }

    private mutating func readWorker(_ reader: SettingReader) throws(SettingError) {
        worker.prefetch = UInt16(try reader.integer(.workerPrefetch, in: 1...4_096))
        worker.stateGrace = try reader.duration(.workerStateGrace, in: .zero ... .seconds(5))
        worker.name = try name(.workerName, reader)
    }

    private mutating func readAuditor(_ reader: SettingReader) throws(SettingError) {
        auditor.prefetch = UInt16(try reader.integer(.auditorPrefetch, in: 1...10_000))
        auditor.housekeepingInterval = try reader.duration(
            .auditorHousekeepingInterval,
            in: .seconds(1) ... .seconds(3_600)
        )
        auditor.retentionDays = try reader.integer(.auditorRetentionDays, in: 1...3_650)
        auditor.name = try name(.auditorName, reader)
    }

    /// A name that is a part of a queue's name and of every message, and so is kept short.
    private func name(_ setting: Setting, _ reader: SettingReader) throws(SettingError) -> String {
        guard reader.text(setting) != nil else {
            var buffer = [CChar](repeating: 0, count: 65)
            gethostname(&buffer, 64)
            let host = String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
            return "\(host)-\(getpid())"
        }
        return try reader.string(setting, maximumLength: 100)
    }

    /// A database configuration for acting as one of the product's roles.
    func database(as role: DatabaseRole) -> PostgresConfiguration {
        var configuration = database
        configuration.role = role.rawValue
        return configuration
    }
}

/// What is there or is not.
enum Switch: String, CaseIterable {
    case on, off
}

/// How much of a client's address the log may have.
enum ClientAddressDetail: String, CaseIterable {
    case network, address
}

/// The roles of the database, each with the privileges of one job.
enum DatabaseRole: String, CaseIterable {
    case worker = "needrecord_worker"
    case auditor = "needrecord_auditor"
    case `operator` = "needrecord_operator"
    case reader = "needrecord_reader"
}
