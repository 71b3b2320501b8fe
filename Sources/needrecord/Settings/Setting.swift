/// Everything that can be set, with its default and its range. The documentation's table is checked against this list.
///
/// A setting has one key in three spellings: `http.port` in a file and for `--set`, and `NEEDRECORD_HTTP_PORT` in the
/// environment. A flag beats the environment, and the environment beats a file.
enum Setting: String, CaseIterable {
    case amqpURL = "amqp.url"
    case amqpURLFile = "amqp.urlFile"
    case databaseURL = "database.url"
    case databaseURLFile = "database.urlFile"
    case databaseConnections = "database.connections"
    case httpHost = "http.host"
    case httpPort = "http.port"
    case httpTLSCertificateFile = "http.tlsCertificateFile"
    case httpTLSKeyFile = "http.tlsKeyFile"
    case httpPaths = "http.paths"
    case httpRecordingPaths = "http.recordingPaths"
    case httpIngestPaths = "http.ingestPaths"
    case httpMaxTargetLength = "http.maxTargetLength"
    case httpMaxHeaderLength = "http.maxHeaderLength"
    case httpMaxBodyLength = "http.maxBodyLength"
    case httpMaxConnections = "http.maxConnections"
    case httpRequestTimeout = "http.requestTimeout"
    case httpIdleTimeout = "http.idleTimeout"
    case opsHost = "ops.host"
    case opsPort = "ops.port"
    case answerBudget = "answer.budget"
    case authFile = "auth.file"
    case authTolerance = "auth.tolerance"
    case authReplayWindow = "auth.replayWindow"
    case gatewayName = "gateway.name"
    case gatewayMaxPending = "gateway.maxPending"
    case gatewayBrokerGrace = "gateway.brokerGrace"
    case gatewayLateDecisions = "gateway.lateDecisions"
    case gatewayDrainDelay = "gateway.drainDelay"
    case journalDirectory = "journal.directory"
    case journalSync = "journal.sync"
    case journalMaxBytes = "journal.maxBytes"
    case workerName = "worker.name"
    case workerPrefetch = "worker.prefetch"
    case workerStateGrace = "worker.stateGrace"
    case auditorName = "auditor.name"
    case auditorPrefetch = "auditor.prefetch"
    case auditorHousekeepingInterval = "auditor.housekeepingInterval"
    case auditorRetentionDays = "auditor.retentionDays"
    case topologyNamespace = "topology.namespace"
    case topologyProfile = "topology.profile"
    case topologyMaxQueueLength = "topology.maxQueueLength"
    case topologyCallbacksRetentionDays = "topology.callbacksRetentionDays"
    case topologyCallbacksMaxBytes = "topology.callbacksMaxBytes"
    case topologyOutcomesRetentionDays = "topology.outcomesRetentionDays"
    case topologyOutcomesMaxBytes = "topology.outcomesMaxBytes"
    case migrationsDirectory = "migrations.directory"
    case logLevel = "log.level"
    case logFormat = "log.format"
    case logDecisions = "log.decisions"
    case logClients = "log.clients"
    case tracingEndpoint = "tracing.endpoint"
    case tracingSampleRatio = "tracing.sampleRatio"

    /// The key, as in a file.
    var key: String { rawValue }

    /// The environment variable.
    var environmentVariable: String {
        var name = "NEEDRECORD_"
        for character in key {
            if character == "." {
                name += "_"
            } else {
                if character.isUppercase { name += "_" }
                name += character.uppercased()
            }
        }
        return name
    }

    /// Whether the value must not be shown.
    var isSecret: Bool {
        self == .amqpURL || self == .databaseURL
    }

    /// The value when nothing is set, in words where it depends on the process.
    var defaultValue: String {
        switch self {
        case .amqpURL: "amqp://guest:guest@127.0.0.1:5672/"
        case .amqpURLFile, .databaseURLFile: "no file"
        case .databaseURL: "postgresql://127.0.0.1:5432/needrecord"
        case .databaseConnections: "2"
        case .httpHost: "0.0.0.0"
        case .httpPort: "8080"
        case .httpTLSCertificateFile, .httpTLSKeyFile: "no file"
        case .httpPaths: "/,/callbacks/on-demand"
        case .httpRecordingPaths: "/callbacks/recording"
        case .httpIngestPaths: "/callbacks/ingest"
        case .httpMaxTargetLength: "8192"
        case .httpMaxHeaderLength: "16384"
        case .httpMaxBodyLength: "16384"
        case .httpRequestTimeout: "5s"
        case .httpMaxConnections: "16000"
        case .httpIdleTimeout: "75s"
        case .opsHost: "127.0.0.1"
        case .opsPort: "8081"
        case .answerBudget: "4s"
        case .authFile: "no file"
        case .authTolerance: "300s"
        case .authReplayWindow: "90s"
        case .gatewayName, .workerName, .auditorName: "host name and process id"
        case .gatewayMaxPending: "10000"
        case .gatewayBrokerGrace: "2s"
        case .gatewayLateDecisions: "on"
        case .gatewayDrainDelay: "0s"
        case .journalDirectory: "journal"
        case .journalSync: "none"
        case .journalMaxBytes: "1073741824"
        case .workerPrefetch: "256"
        case .workerStateGrace: "2s"
        case .auditorPrefetch: "500"
        case .auditorHousekeepingInterval: "60s"
        case .auditorRetentionDays: "400"
        case .topologyNamespace: "needrecord"
        case .topologyProfile: "classic"
        case .topologyMaxQueueLength: "20000"
        case .topologyCallbacksRetentionDays: "7"
        case .topologyCallbacksMaxBytes: "5368709120"
        case .topologyOutcomesRetentionDays: "30"
        case .topologyOutcomesMaxBytes: "10737418240"
        case .migrationsDirectory: "migrations"
        case .logLevel: "info"
        case .logFormat: "text"
        case .logDecisions: "debug"
        case .logClients: "network"
        case .tracingEndpoint: "no collector"
        case .tracingSampleRatio: "0.01"
        }
    }
}
