internal import Metrics
public import Observability

/// Measures the transactions that write the audit trail.
struct AuditorInstruments: Sendable {
    private let duration: Timer
    private let messages: Recorder

    init(factory: any MetricsFactory) {
        duration = MetricFamily.auditBatchDuration.timer(in: factory)
        messages = MetricFamily.auditBatchRecords.recorder(in: factory)
    }

    /// A batch is written.
    ///
    /// - Parameter records: How many outcomes, notices and the like were in it.
    func wrote(_ records: Int, in duration: Duration) {
        self.duration.record(duration: duration)
        messages.record(records)
    }
}

extension MetricFamily {
    static let auditBatchDuration = histogram(
        "needrecord_audit_batch_duration_seconds",
        "How long writing a batch of the outcomes stream into the database takes.",
        bounds: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
    )
    static let auditBatchRecords = histogram(
        "needrecord_audit_batch_records",
        "Outcomes, notices and other records in such a batch.",
        bounds: [1, 4, 16, 64, 256, 1_024, 4_096, 16_384, 65_536]
    )

    /// What an auditor measures.
    public static let auditor = [auditBatchDuration, auditBatchRecords]
}
