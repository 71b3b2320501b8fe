internal import AMQP
internal import DecisionCore
internal import Postgres
internal import StreamReading
internal import Wire

/// Reads the callbacks of a selection, each once.
struct CandidateReader {
    /// What was read besides the candidates.
    struct Reading {
        /// The messages of the stream that are no callbacks.
        var unreadable = 0
        /// What the stream begins with, when that is after the beginning of the selection.
        var begins: StreamProbe.Mark?
        /// Whether all of the selection was read.
        var isComplete = true
    }

    /// How many candidates are handed on at once, at most.
    static let pageSize = 1_000

    let selection: ReplaySelection
    let topology: Topology
    /// Nil when the selection is not of the stream.
    let broker: AMQPConnection?
    let database: PostgresConnection
    /// How long nothing may come from the stream.
    let patience: Duration
    /// How many messages of the stream are read ahead.
    var prefetch: UInt16 = 2_000

    /// Reads.
    ///
    /// - Parameters:
    ///   - onReading: Called again and again, also while nothing is selected.
    ///   - onCandidates: Takes those that are selected, in the order of the source; none comes twice.
    /// - Throws: `AMQPError`, `StreamError`, `PostgresError` or `WireError`, and what the closures throw.
    func read(
        onReading: () async throws -> Void = {},
        _ onCandidates: ([ReplayCandidate]) async throws -> Void
    ) async throws -> Reading {
        switch selection.source {
        case .stream: try await readStream(onReading, onCandidates)
        case .trail: try await readTrail(onReading, onCandidates)
        }
    }

    private func readStream(
        _ onReading: () async throws -> Void,
        _ onCandidates: ([ReplayCandidate]) async throws -> Void
    ) async throws -> Reading {
        let span: CallbackSpan =
            switch selection.span {
            case .time(let from, let to): .window(CallbackWindow(from: from, to: to))
            case .offsets(let offsets): .offsets(offsets)
            }
        guard let broker else { return Reading(isComplete: false) }
        // A callback is there again after a connection that was lost before the broker's confirm.
        var known: Set<EventID> = []
        var unreadable = 0
        let reader = CallbackReader(connection: broker, stream: topology.callbacksStream, patience: patience)
        let read = try await reader.read(span, prefetch: prefetch) { messages in
            try await onReading()
            var events: [StreamEvent] = []
            for message in messages where known.insert(message.id).inserted {
                do throws(WireError) {
                    events.append(try StreamEvent(decodingBody: message.delivery.body))
                } catch {
                    unreadable += 1
                }
            }
            // What the names leave out need not be looked up.
            events.removeAll { !selection.matchesNames(of: $0) }
            for start in stride(from: 0, to: events.count, by: Self.pageSize) {
                let page = Array(events[start..<min(events.count, start + Self.pageSize)])
                let answers = try await OutcomeLookup.answers(to: page.map(\.id), on: database)
                let candidates = page.map { ReplayCandidate(event: $0, answer: answers[$0.id]) }
                    .filter { selection.contains($0.event, answer: $0.answer) }
                if !candidates.isEmpty { try await onCandidates(candidates) }
            }
        }
        return Reading(unreadable: read.unreadable + unreadable, begins: read.begins, isComplete: read.isComplete)
    }

    private func readTrail(
        _ onReading: () async throws -> Void,
        _ onCandidates: ([ReplayCandidate]) async throws -> Void
    ) async throws -> Reading {
        guard case .time(let from, let to) = selection.span else { return Reading(isComplete: false) }
        let window = CallbackWindow(from: from, to: to)
        var last = window.firstID
        while true {
            try await onReading()
            let page = try await OutcomeLookup.page(
                of: selection,
                in: window,
                after: last,
                limit: Self.pageSize,
                on: database
            )
            let candidates = page.filter { selection.contains($0.event, answer: $0.answer) }
            if !candidates.isEmpty { try await onCandidates(candidates) }
            guard page.count == Self.pageSize, let end = page.last?.event.id else { return Reading() }
            last = end
        }
    }
}

extension ReplaySelection {
    /// Whether the names of a callback are selected, whatever it was answered.
    fileprivate func matchesNames(of event: StreamEvent) -> Bool {
        var names = self
        (names.causes, names.rule) = ([], nil)
        return names.contains(event, answer: nil)
    }
}
