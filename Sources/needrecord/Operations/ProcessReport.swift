import AuditTrail
import CallbackGateway
import DecisionCore
import DecisionWorker
import Observability
import ReplyCorrelator

/// What a process has to say to operators.
struct ProcessReport {
    /// A number, under its own name in `/status` and as a series in `/metrics`.
    struct Reading {
        /// Nil when it stands in `/metrics` only.
        let name: String?
        let family: MetricFamily
        let labels: [MetricLabel]
        let value: Double

        init(_ name: String?, _ value: Double, _ family: MetricFamily, _ labels: [MetricLabel] = []) {
            self.name = name
            self.family = family
            self.labels = labels
            self.value = value
        }

        init(_ name: String?, _ value: Int, _ family: MetricFamily, _ labels: [MetricLabel] = []) {
            self.init(name, Double(value), family, labels)
        }
    }

    /// Whether callbacks should be sent here.
    var isReady = true
    /// The state of each part that this process runs, as `ok` or what is wrong.
    var parts: [(name: String, state: String)] = []
    /// What was counted since the start, and what is now.
    var readings: [Reading] = []

    /// Nothing yet.
    init() {}

    /// What a process with these parts has to say.
    init(gateway: GatewayRole?, worker: DecisionWorker?, auditor: Auditor?) {
        if let gateway {
            isReady = !gateway.gateway.isLeaving
            parts.append(("broker", gateway.gateway.brokerState))
            if let state = gateway.gateway.admissionState { parts.append(("callback_authentication", state)) }
            add(gateway.gateway.counters)
            add(gateway.gateway.admissionCounters)
            add(gateway.gateway.outcomeCounters)
            readings.append(Reading(nil, gateway.maximumJournalBytes, .journalLimit))
            add(gateway.gateway.lateCounters)
            add(gateway.gateway.noticeCounters)
            add(gateway.correlator.counters)
        }
        if let worker {
            parts.append(("work_queue", worker.isConsuming ? "ok" : "not consuming"))
            parts.append(("business_state", worker.isStateReachable ? "ok" : "unavailable"))
            add(worker.counters)
            readings.append(Reading(nil, worker.eventsInHand, .eventsInHand))
            if let revision = worker.ruleRevision { readings.append(Reading(nil, Int(revision), .ruleRevision)) }
        }
        if let auditor {
            // In waiting is as good as leading: there is one leader among all.
            let isWell = [.leading, .standby].contains(auditor.standing)
            parts.append(("audit_trail", isWell ? "ok" : auditor.standing.rawValue))
            add(auditor.counters)
            readings.append(Reading("audit.leading", auditor.standing == .leading ? 1 : 0, .auditLeading))
            if let lag = auditor.lag { readings.append(Reading("audit.lag_seconds", lag / .seconds(1), .auditLag)) }
        }
    }

    private mutating func add(_ counters: GatewayCounters) {
        readings += [
            Reading("callbacks.received", counters.received, .callbacksReceived),
            Reading(
                "callbacks.recorded",
                counters.recorded,
                .callbacksAnswered,
                [("answer", "record"), ("cause", Outcome.Cause.decided)]
            ),
            Reading(
                "callbacks.skipped",
                counters.skipped,
                .callbacksAnswered,
                [("answer", "skip"), ("cause", Outcome.Cause.decided)]
            ),
        ]
        for cause in FallbackCause.allCases {
            let labels = [("answer", "skip"), ("cause", cause.rawValue)]
            readings.append(
                Reading(
                    "callbacks.fallback.\(cause.rawValue)",
                    counters.fallbacks[cause] ?? 0,
                    .callbacksAnswered,
                    labels
                )
            )
        }
        for anomaly in EventAnomaly.allCases {
            let count = counters.anomalies[anomaly] ?? 0
            readings.append(
                Reading(
                    "callbacks.anomaly.\(anomaly.rawValue)",
                    count,
                    .callbackAnomalies,
                    [("anomaly", anomaly.rawValue)]
                )
            )
        }
        for (status, count) in counters.rejected.sorted(by: { $0.key < $1.key }) {
            readings.append(Reading("requests.rejected.\(status)", count, .requestsRejected, [("status", "\(status)")]))
        }
    }

    private mutating func add(_ counters: AdmissionCounters) {
        readings += [
            Reading("auth.verified", counters.verified, .admissions, [("signature", "verified")]),
            Reading("auth.verified_by_other_key", counters.verifiedByOtherKey, .admissionsByOtherKey),
            Reading("auth.unsigned", counters.unsigned, .admissions, [("signature", "none")]),
            Reading("auth.signatures_forgotten", counters.forgottenSignatures, .admissionSignaturesForgotten),
            Reading("auth.malformed_proxy_headers", counters.malformedProxyHeaders, .admissionProxyHeadersMalformed),
            Reading("auth.file_taken", counters.replacements, .admissionFileReads, [("result", "taken")]),
            Reading("auth.file_refused", counters.failedReplacements, .admissionFileReads, [("result", "refused")]),
        ]
        for reason in RefusalReason.allCases {
            let count = counters.refused[reason] ?? 0
            let name = "auth.refused.\(reason.rawValue)"
            readings.append(Reading(name, count, .admissionRefusals, [("reason", reason.rawValue)]))
        }
    }

    private mutating func add(_ counters: OutcomeCounters) {
        readings += [
            Reading("outcomes.kept", counters.kept, .outcomes, [("place", "journal")]),
            Reading("outcomes.overtaken", counters.overtaken, .outcomesOvertaken),
            Reading("outcomes.direct", counters.direct, .outcomes, [("place", "broker")]),
            Reading("outcomes.held", counters.held, .outcomesHeld),
            Reading("outcomes.unkept", counters.unkept, .outcomes, [("place", "nowhere")]),
            Reading("outcomes.late_decisions", counters.lateDecisions, .lateDecisions),
            Reading(
                "journal.messages_confirmed",
                counters.messagesConfirmed,
                .journalMessages,
                [("result", "confirmed")]
            ),
            Reading("journal.messages_lost", counters.messagesLost, .journalMessages, [("result", "lost")]),
            Reading("journal.waiting", counters.waiting, .journalWaiting),
            Reading("journal.bytes", counters.journalBytes, .journalBytes),
            Reading("journal.oldest_waiting_seconds", counters.oldestWaiting, .journalOldest),
        ]
    }

    private mutating func add(_ counters: LateCounters) {
        readings += [
            Reading("late.told", counters.told, .lateAnswers, [("event", "told")]),
            Reading("late.withheld", counters.withheld, .lateAnswers, [("event", "withheld")]),
            Reading("late.received", counters.received, .lateAnswers, [("event", "received")]),
            Reading("late.refused.malformed", counters.malformed, .lateAnswers, [("event", "malformed")]),
            Reading("late.refused.outdated", counters.outdated, .lateAnswers, [("event", "outdated")]),
            Reading("late.used", counters.used, .lateAnswers, [("event", "used")]),
            Reading("late.crowded_out", counters.crowdedOut, .lateAnswers, [("event", "crowded_out")]),
            Reading("late.remembered", counters.remembered, .lateAnswersRemembered),
        ]
    }

    private mutating func add(_ counters: NoticeCounters) {
        readings += [
            Reading("notices.received", counters.received, .noticesReceived),
            Reading("notices.kept", counters.kept, .noticesKept),
            Reading("notices.pending", counters.pending, .noticesPending),
        ]
        for cause in NotKeptCause.allCases {
            let count = counters.notKept[cause] ?? 0
            let name = "notices.not_kept.\(cause.rawValue)"
            readings.append(Reading(name, count, .noticesNotKept, [("cause", cause.rawValue)]))
        }
    }

    private mutating func add(_ counters: ReplyCounters) {
        readings += [
            Reading("replies.in_time", counters.inTime, .replies, [("result", "in_time")]),
            Reading("replies.late", counters.late, .replies, [("result", "late")]),
            Reading("replies.duplicate", counters.duplicate, .replies, [("result", "duplicate")]),
            Reading("replies.unknown", counters.unknown, .replies, [("result", "unknown")]),
            Reading("replies.malformed", counters.malformed, .replies, [("result", "malformed")]),
            Reading("replies.pending", counters.pending, .callbacksPending),
            Reading("replies.pending_limit", counters.pendingLimit, .callbacksPendingLimit),
        ]
    }

    private mutating func add(_ counters: WorkerCounters) {
        readings += [
            Reading("events.taken", counters.taken, .eventsTaken),
            Reading("events.redelivered", counters.redelivered, .eventsRedelivered),
            Reading("events.replayed", counters.replayed, .eventsReplayed),
            Reading("events.batches", counters.batches, .batches),
            Reading("events.decided", counters.decided, .eventsFinished, [("result", "decided")]),
            Reading(
                "events.expired_before_reading",
                counters.expiredBeforeReading,
                .eventsFinished,
                [("result", "expired_before_reading")]
            ),
            Reading(
                "events.expired_before_reply",
                counters.expiredBeforeReply,
                .eventsFinished,
                [("result", "expired_before_reply")]
            ),
            Reading(
                "events.state_unavailable",
                counters.stateUnavailable,
                .eventsFinished,
                [("result", "state_unavailable")]
            ),
            Reading("events.contended", counters.contended, .eventsContended),
            Reading("events.dead", counters.dead, .eventsFinished, [("result", "dead")]),
            Reading("replies.undeliverable", counters.undeliverable, .repliesUndeliverable),
            Reading("replies.undeliverable_unkept", counters.undeliverableUnkept, .repliesUndeliverableUnkept),
            Reading("replies.undeliverable_told", counters.undeliverableTold, .repliesUndeliverableTold),
            Reading("shadow.decided", counters.shadowDecided, .shadowDecisions),
            Reading("shadow.different", counters.shadowDifferent, .shadowDifferences),
            Reading("shadow.dropped", counters.shadowDropped, .shadowDropped),
        ]
    }

    private mutating func add(_ counters: AuditorCounters) {
        readings += [
            Reading("audit.terms", counters.terms, .auditTerms),
            Reading("audit.interruptions", counters.interruptions, .auditInterruptions),
            Reading("audit.batches", counters.batches, .auditBatches),
            Reading("audit.outcomes", counters.outcomes, .auditRecords, [("kind", "outcome")]),
            Reading("audit.outcomes_repeated", counters.repeatedOutcomes, .auditRepeated, [("kind", "outcome")]),
            Reading("audit.outcomes_conflicting", counters.conflictingOutcomes, .auditConflicting),
            Reading(
                "audit.recording_statuses",
                counters.recordingStatuses,
                .auditRecords,
                [("kind", "recording_status")]
            ),
            Reading("audit.recorded_files", counters.recordedFiles, .auditRecords, [("kind", "recorded_file")]),
            Reading("audit.ingest_statuses", counters.ingestStatuses, .auditRecords, [("kind", "ingest_status")]),
            Reading("audit.repeated", counters.repeated, .auditRepeated, [("kind", "notice")]),
            Reading("audit.dead", counters.dead, .auditDead),
            Reading("audit.missed", counters.missed, .auditMissed),
            Reading("audit.outdated", counters.outdated, .auditOutdated),
            Reading("audit.streams_begun_anew", counters.streamsBegunAnew, .auditStreamsBegunAnew),
            Reading(
                "audit.reservations_expired",
                counters.expiredReservations,
                .auditReservations,
                [("result", "expired")]
            ),
            Reading(
                "audit.reservations_pruned",
                counters.prunedReservations,
                .auditReservations,
                [("result", "deleted")]
            ),
            Reading("audit.pruned", counters.pruned, .auditPruned),
        ]
    }
}

extension ProcessReport {
    /// Shows it as metrics.
    func add(to collection: inout MetricsCollection) {
        collection.add(.buildInfo, 1, [("version", Version.text)])
        collection.add(.stopping, isReady ? 0 : 1)
        for part in parts {
            collection.add(.partUp, part.state == "ok" ? 1 : 0, [("part", part.name)])
            collection.add(.partState, 1, [("part", part.name), ("state", part.state)])
        }
        for reading in readings { collection.add(reading.family, reading.value, reading.labels) }
    }
}

extension MetricsCollection {
    /// Adds what became of spans.
    mutating func add(_ counters: OTLPExporter.Counters) {
        add(.spans, counters.exported, [("result", "exported")])
        add(.spans, counters.dropped, [("result", "dropped")])
        add(.spans, counters.refused, [("result", "refused")])
    }
}
