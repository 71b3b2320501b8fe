import AuditTrail
import CallbackGateway
import DecisionCore
import DecisionWorker
import ReplyCorrelator

extension OpsServer.Report {
    /// What a process with these parts has to say.
    init(gateway: GatewayRole?, worker: DecisionWorker?, auditor: Auditor?) {
        self.init()
        if let gateway {
            isReady = !gateway.gateway.isDraining
            parts.append(("broker", gateway.gateway.brokerState))
            if let state = gateway.gateway.admissionState { parts.append(("callback_authentication", state)) }
            add(gateway.gateway.counters)
            add(gateway.gateway.admissionCounters)
            add(gateway.gateway.outcomeCounters)
            add(gateway.gateway.lateCounters)
            add(gateway.gateway.noticeCounters)
            add(gateway.correlator.counters)
        }
        if let worker {
            parts.append(("work_queue", worker.isConsuming ? "ok" : "not consuming"))
            parts.append(("business_state", worker.isStateReachable ? "ok" : "unavailable"))
            add(worker.counters)
        }
        if let auditor {
            // In waiting is as good as leading: there is one leader among all.
            let isWell = [.leading, .standby].contains(auditor.standing)
            parts.append(("audit_trail", isWell ? "ok" : auditor.standing.rawValue))
            add(auditor.counters)
            counters.append(("audit.leading", auditor.standing == .leading ? 1 : 0))
            if let lag = auditor.lag { counters.append(("audit.lag_seconds", Int(lag.components.seconds))) }
        }
    }

    private mutating func add(_ counters: GatewayCounters) {
        self.counters += [
            ("callbacks.received", counters.received),
            ("callbacks.recorded", counters.recorded),
            ("callbacks.skipped", counters.skipped),
        ]
        for cause in FallbackCause.allCases {
            self.counters.append(("callbacks.fallback.\(cause.rawValue)", counters.fallbacks[cause] ?? 0))
        }
        for anomaly in EventAnomaly.allCases {
            self.counters.append(("callbacks.anomaly.\(anomaly.rawValue)", counters.anomalies[anomaly] ?? 0))
        }
        for (status, count) in counters.rejected.sorted(by: { $0.key < $1.key }) {
            self.counters.append(("requests.rejected.\(status)", count))
        }
    }

    private mutating func add(_ counters: AdmissionCounters) {
        self.counters += [
            ("auth.verified", counters.verified),
            ("auth.verified_by_other_key", counters.verifiedByOtherKey),
            ("auth.unsigned", counters.unsigned),
            ("auth.signatures_forgotten", counters.forgottenSignatures),
            ("auth.malformed_proxy_headers", counters.malformedProxyHeaders),
            ("auth.file_taken", counters.replacements),
            ("auth.file_refused", counters.failedReplacements),
        ]
        for reason in RefusalReason.allCases {
            self.counters.append(("auth.refused.\(reason.rawValue)", counters.refused[reason] ?? 0))
        }
    }

    private mutating func add(_ counters: OutcomeCounters) {
        self.counters += [
            ("outcomes.kept", counters.kept),
            ("outcomes.overtaken", counters.overtaken),
            ("outcomes.direct", counters.direct),
            ("outcomes.held", counters.held),
            ("outcomes.unkept", counters.unkept),
            ("outcomes.late_decisions", counters.lateDecisions),
            ("journal.messages_confirmed", counters.messagesConfirmed),
            ("journal.messages_lost", counters.messagesLost),
            ("journal.waiting", counters.waiting),
            ("journal.bytes", counters.journalBytes),
            ("journal.oldest_waiting_seconds", counters.oldestWaiting),
        ]
    }

    private mutating func add(_ counters: LateCounters) {
        self.counters += [
            ("late.told", counters.told),
            ("late.withheld", counters.withheld),
            ("late.received", counters.received),
            ("late.refused.malformed", counters.malformed),
            ("late.refused.outdated", counters.outdated),
            ("late.used", counters.used),
            ("late.crowded_out", counters.crowdedOut),
            ("late.remembered", counters.remembered),
        ]
    }

    private mutating func add(_ counters: NoticeCounters) {
        self.counters += [
            ("notices.received", counters.received),
            ("notices.kept", counters.kept),
            ("notices.pending", counters.pending),
        ]
        for cause in NotKeptCause.allCases {
            self.counters.append(("notices.not_kept.\(cause.rawValue)", counters.notKept[cause] ?? 0))
        }
    }

    private mutating func add(_ counters: ReplyCounters) {
        self.counters += [
            ("replies.in_time", counters.inTime),
            ("replies.late", counters.late),
            ("replies.duplicate", counters.duplicate),
            ("replies.unknown", counters.unknown),
            ("replies.malformed", counters.malformed),
            ("replies.pending", counters.pending),
            ("replies.pending_limit", counters.pendingLimit),
        ]
    }

    private mutating func add(_ counters: WorkerCounters) {
        self.counters += [
            ("events.taken", counters.taken),
            ("events.redelivered", counters.redelivered),
            ("events.replayed", counters.replayed),
            ("events.batches", counters.batches),
            ("events.decided", counters.decided),
            ("events.expired_before_reading", counters.expiredBeforeReading),
            ("events.expired_before_reply", counters.expiredBeforeReply),
            ("events.state_unavailable", counters.stateUnavailable),
            ("events.contended", counters.contended),
            ("events.dead", counters.dead),
            ("replies.undeliverable", counters.undeliverable),
            ("replies.undeliverable_unkept", counters.undeliverableUnkept),
            ("replies.undeliverable_told", counters.undeliverableTold),
            ("shadow.decided", counters.shadowDecided),
            ("shadow.different", counters.shadowDifferent),
            ("shadow.dropped", counters.shadowDropped),
        ]
    }

    private mutating func add(_ counters: AuditorCounters) {
        self.counters += [
            ("audit.terms", counters.terms),
            ("audit.interruptions", counters.interruptions),
            ("audit.batches", counters.batches),
            ("audit.outcomes", counters.outcomes),
            ("audit.outcomes_repeated", counters.repeatedOutcomes),
            ("audit.outcomes_conflicting", counters.conflictingOutcomes),
            ("audit.recording_statuses", counters.recordingStatuses),
            ("audit.recorded_files", counters.recordedFiles),
            ("audit.ingest_statuses", counters.ingestStatuses),
            ("audit.repeated", counters.repeated),
            ("audit.dead", counters.dead),
            ("audit.missed", counters.missed),
            ("audit.outdated", counters.outdated),
            ("audit.streams_begun_anew", counters.streamsBegunAnew),
            ("audit.reservations_expired", counters.expiredReservations),
            ("audit.reservations_pruned", counters.prunedReservations),
            ("audit.pruned", counters.pruned),
        ]
    }
}
