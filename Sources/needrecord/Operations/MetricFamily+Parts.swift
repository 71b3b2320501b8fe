import Observability

/// What the parts of a process count, as metrics. Every label has a closed set of values: none of them comes from a
/// callback.
extension MetricFamily {
    // MARK: The process

    static let buildInfo = gauge("needrecord_build_info", "1, with the version of the program.")
    static let partUp = gauge("needrecord_part_up", "Whether a part of the process is well: 1 or 0.")
    static let partState = gauge("needrecord_part_state", "1 for the state that a part of the process is in.")
    static let stopping = gauge(
        "needrecord_stopping",
        "Whether the gateway in the process has been told to stop: 1 or 0."
    )
    static let logLinesDropped = counter(
        "needrecord_log_lines_dropped_total",
        "Lines of the log that nobody read in time."
    )

    static let spans = counter("needrecord_spans_total", "Ended spans, by what became of them.")

    // MARK: Gateway

    static let callbacksReceived = counter("needrecord_callbacks_received_total", "Callbacks that were accepted.")
    static let callbacksAnswered = counter(
        "needrecord_callbacks_answered_total",
        "Answers, by what the platform was told and what that rests on: a decision, or the cause of the default."
    )
    static let callbackAnomalies = counter(
        "needrecord_callback_anomalies_total",
        "Accepted callbacks with something odd about them."
    )
    static let requestsRejected = counter(
        "needrecord_http_requests_rejected_total",
        "Requests that were answered with an error, by HTTP status."
    )
    static let callbacksPending = gauge("needrecord_callbacks_pending", "Callbacks that wait for a reply.")
    static let callbacksPendingLimit = gauge(
        "needrecord_callbacks_pending_limit",
        "How many may wait: fewer than usual while workers cannot keep up."
    )
    static let replies = counter("needrecord_replies_total", "Replies that reached the gateway, by when they did.")
    static let lateAnswers = counter(
        "needrecord_late_answers_total",
        "What the gateway told of decisions that came too late, was told of, refused, used and forgot early."
    )
    static let lateAnswersRemembered = gauge(
        "needrecord_late_answers_remembered",
        "Late decisions that are remembered."
    )
    static let admissions = counter(
        "needrecord_admissions_total",
        "Callbacks that were let in, by how their signature was."
    )
    static let admissionsByOtherKey = counter(
        "needrecord_admissions_by_other_key_total",
        "Those of them that were signed with another key than the first of their domain."
    )
    static let admissionRefusals = counter("needrecord_admission_refusals_total", "Callbacks that were not let in.")
    static let admissionSignaturesForgotten = counter(
        "needrecord_admission_signatures_forgotten_total",
        "Signatures that were forgotten before their time, because others needed the room."
    )
    static let admissionProxyHeadersMalformed = counter(
        "needrecord_admission_malformed_proxy_headers_total",
        "Connections of proxies without the header of the PROXY protocol that they must have."
    )
    static let admissionFileReads = counter(
        "needrecord_admission_file_reads_total",
        "How often a changed file of keys, secrets and networks was taken, and refused."
    )
    static let outcomes = counter("needrecord_outcomes_total", "Outcomes, by the place that took them.")
    static let outcomesOvertaken = counter(
        "needrecord_outcomes_overtaken_total",
        "Outcomes whose answer left before the journal's disk had them."
    )
    static let outcomesHeld = gauge("needrecord_outcomes_held", "Outcomes that nothing has taken yet.")
    static let lateDecisions = counter(
        "needrecord_late_decisions_total",
        "Decisions that came when their callback had been answered, for the audit trail."
    )
    static let journalMessages = counter(
        "needrecord_journal_messages_total",
        "Messages with outcomes, by whether the broker has confirmed them."
    )
    static let journalWaiting = gauge("needrecord_journal_waiting_records", "Records that wait for the broker.")
    static let journalBytes = gauge("needrecord_journal_bytes", "The journal on disk.")
    static let journalLimit = gauge("needrecord_journal_limit_bytes", "The most bytes that it may have.")
    static let journalOldest = gauge(
        "needrecord_journal_oldest_waiting_seconds",
        "How long the oldest record has waited for the broker."
    )
    static let noticesReceived = counter(
        "needrecord_notices_received_total",
        "Recording and ingest callbacks that were accepted."
    )
    static let noticesKept = counter("needrecord_notices_kept_total", "Those of them that the broker has.")
    static let noticesNotKept = counter("needrecord_notices_not_kept_total", "Those that were answered 503, by cause.")
    static let noticesPending = gauge("needrecord_notices_pending", "Those that wait for the broker.")

    // MARK: Worker

    static let eventsTaken = counter("needrecord_events_taken_total", "Events that a worker took from the broker.")
    static let eventsRedelivered = counter(
        "needrecord_events_redelivered_total",
        "Those of them that somebody had taken before, and not answered."
    )
    static let eventsReplayed = counter("needrecord_events_replayed_total", "Those of them that were repetitions.")
    static let eventsInHand = gauge("needrecord_events_in_hand", "Events that a worker has taken and not finished.")
    static let eventsFinished = counter("needrecord_events_finished_total", "Events, by what became of them.")
    static let eventsContended = counter(
        "needrecord_events_contended_total",
        "Events that waited for a reservation that somebody else had locked."
    )
    static let batches = counter("needrecord_batches_total", "Batches that a worker took.")
    static let ruleRevision = gauge("needrecord_rule_revision", "The revision of the rules in the last decision.")
    static let repliesUndeliverable = counter(
        "needrecord_undeliverable_replies_total",
        "Replies whose gateway was gone."
    )
    static let repliesUndeliverableUnkept = counter(
        "needrecord_undeliverable_replies_unkept_total",
        "Those of them that the audit trail will not know of."
    )
    static let repliesUndeliverableTold = counter(
        "needrecord_undeliverable_replies_told_total",
        "Those of them that all gateways were told of."
    )
    static let shadowDecisions = counter(
        "needrecord_shadow_decisions_total",
        "Events that were decided with shadow rules, too."
    )
    static let shadowDifferences = counter(
        "needrecord_shadow_differences_total",
        "Those of them that the shadow rules would have answered differently."
    )
    static let shadowDropped = counter(
        "needrecord_shadow_dropped_total",
        "Differences, or events not compared, that could not be kept."
    )

    // MARK: Auditor

    static let auditLeading = gauge("needrecord_audit_leading", "Whether this auditor leads: 1 or 0.")
    static let auditLag = gauge("needrecord_audit_lag_seconds", "How far the database is behind the outcomes stream.")
    static let auditTerms = counter("needrecord_audit_terms_total", "How often this auditor became the leader.")
    static let auditInterruptions = counter(
        "needrecord_audit_interruptions_total",
        "How often it could not become or stay the leader."
    )
    static let auditBatches = counter("needrecord_audit_batches_total", "Transactions that wrote messages.")
    static let auditRecords = counter("needrecord_audit_records_total", "What was written, by kind.")
    static let auditRepeated = counter("needrecord_audit_repeated_total", "What was there already, by kind.")
    static let auditConflicting = counter(
        "needrecord_audit_conflicting_outcomes_total",
        "Outcomes that differ from one that is written for the same callback."
    )
    static let auditDead = counter(
        "needrecord_audit_dead_total",
        "Messages that could not be understood, or that the database refused."
    )
    static let auditMissed = counter(
        "needrecord_audit_missed_total",
        "Messages that the stream's retention removed before anybody read them."
    )
    static let auditOutdated = counter(
        "needrecord_audit_outdated_total",
        "Records that were too old to be kept when they were read."
    )
    static let auditStreamsBegunAnew = counter(
        "needrecord_audit_streams_begun_anew_total",
        "How often the stream was another one than the one that was read before."
    )
    static let auditReservations = counter(
        "needrecord_audit_reservations_total",
        "Reservations that expired, and ended ones that were deleted."
    )
    static let auditPruned = counter(
        "needrecord_audit_pruned_total",
        "Rows and partitions of the audit trail that were older than it is kept."
    )
}
