import AMQP
import AuditTrail
import DecisionCore
import Postgres
import ServiceLifecycle
import TestSupport
import Testing
import Wire

/// What an auditor does with what is in the stream.
@Suite(.timeLimit(.minutes(1))) struct AuditorTests {
    @Test func `What gateways publish comes into the database, and the place moves on`() async throws {
        try await AuditorStage.with { stage in
            try await stage.publish([.status(1), .file(2), .ingest(3)])
            try await stage.running { test in
                try await stage.place(3)
                try await stage.publish([.status(4), .file(5)])
                try await stage.place(5)
                try await eventually("the counters") {
                    let counters = test.auditor.counters
                    return counters.recordingStatuses == 2 && counters.recordedFiles == 2
                        && counters.ingestStatuses == 1
                }
                #expect(test.auditor.counters.terms == 1)
                #expect(test.auditor.counters.repeated == 0)
                #expect(test.auditor.standing == .leading)
            }
            #expect(try await stage.rowCount() == 5)
        }
    }

    @Test func `The quotas hear of the notices in the order of the stream`() async throws {
        try await AuditorStage.with { stage in
            try await stage.reserve()
            try await stage.database.withConnection { owner in
                try await owner.simpleQuery(
                    """
                    -- Or the auditor would expire it, which is not to be heard.
                    UPDATE needrecord.reservations SET expires_at = 'infinity';
                    CREATE TABLE public.heard (number bigint GENERATED ALWAYS AS IDENTITY, state text);
                    CREATE FUNCTION public.hear() RETURNS trigger LANGUAGE plpgsql AS $$
                    BEGIN
                        INSERT INTO public.heard (state) VALUES (NEW.state);
                        RETURN NULL;
                    END
                    $$;
                    ALTER FUNCTION public.hear() SECURITY DEFINER;
                    CREATE TRIGGER heard AFTER UPDATE ON needrecord.reservations
                        FOR EACH ROW EXECUTE FUNCTION public.hear();
                    """
                )
            }
            try await stage.publish([
                .status(1, .started), .file(2), .status(3, .paused), .ingest(4, .publish), .status(5, .resumed),
                .status(6, .paused), .status(7, .resumed), .ingest(8), .status(9, .started),
            ])
            try await stage.running { _ in
                try await stage.place(9)
                let heard = try await stage.texts("SELECT state FROM public.heard ORDER BY number")
                #expect(heard == ["recording", "recording", "paused", "recording", "paused", "recording", "ended"])
            }
        }
    }

    @Test func `A file that the platform tells of six times is kept and charged once`() async throws {
        try await AuditorStage.with { stage in
            try await stage.reserve()
            try await stage.publish((1...3).map { .file($0, file: 1) })
            try await stage.running { test in
                try await stage.place(3)
                try await stage.publish((4...6).map { .file($0, file: 1) })
                try await stage.place(6)
                #expect(try await stage.rowCount() == 1)
                #expect(try await stage.chargedMilliseconds() == 69_403)
                try await eventually("the counters") { test.auditor.counters.repeated == 5 }
            }
        }
    }

    @Test func `A message that was published twice is written once`() async throws {
        try await AuditorStage.with { stage in
            try await stage.reserve()
            try await stage.publish([.status(1), .file(2), .status(1), .file(2)])
            try await stage.running { test in
                try await stage.place(4)
                #expect(try await stage.rowCount() == 2)
                #expect(try await stage.chargedMilliseconds() == 69_403)
                try await eventually("the counters") { test.auditor.counters.repeated == 2 }
            }
        }
    }

    @Test func `What cannot be understood goes to the dead queue, and nothing waits for it`() async throws {
        try await AuditorStage.with { stage in
            let nonsense = (0..<3).map { number in
                AMQPMessage(
                    exchange: stage.topology.exchange,
                    routingKey: Topology.ingestKey,
                    properties: AMQPProperties(type: number == 0 ? nil : Topology.ingestKey),
                    body: [UInt8(number)]
                )
            }
            try await stage.publish([Notice.status(1).message(stage.topology)] + nonsense)
            try await stage.publish([.status(2)])
            try await stage.running { test in
                try await stage.place(5)
                #expect(try await stage.rowCount() == 2)
                let letters = try await stage.deadLetters(3)
                #expect(letters.map(\.body) == [[0], [1], [2]])
                #expect(letters.allSatisfy { $0.properties.headers[DeadLetter.reasonHeader] != nil })
                #expect(
                    letters.map(\.properties.messageID) == (1...3).map { "\(stage.topology.outcomesStream)/\($0)" }
                )
                try await eventually("the counters") { test.auditor.counters.dead == 3 }
            }
        }
    }

    @Test func `A new auditor goes on where the last one was`() async throws {
        try await AuditorStage.with { stage in
            try await stage.publish([.status(1), .status(2)])
            try await stage.running { test in
                try await stage.place(2)
                try await test.stop()
            }
            try await stage.publish([.status(3)])
            try await stage.running { test in
                try await stage.place(3)
                try await eventually("the counters") { test.auditor.counters.recordingStatuses == 1 }
                #expect(test.auditor.counters.repeated == 0)
                #expect(test.auditor.counters.missed == 0)
            }
            #expect(try await stage.rowCount() == 3)
        }
    }

    @Test func `A long backlog comes in whole, in batches of about the prefetch`() async throws {
        try await AuditorStage.with { stage in
            try await stage.reserve()
            let count = 5_000
            try await stage.publish((0..<count).map { $0 % 2 == 0 ? .file($0) : .status($0) })
            try await stage.running("auditor-1", { $0.prefetch = 100 }) { test in
                try await stage.place(count)
                #expect(try await stage.rowCount() == count)
                #expect(try await stage.chargedMilliseconds() == count / 2 * 69_403)
                try await eventually("the counters") { test.auditor.counters.recordedFiles == count / 2 }
                #expect(test.auditor.counters.batches > count / 200)
            }
        }
    }

    @Test func `Reservations whose time is over end, and old ones are forgotten`() async throws {
        try await AuditorStage.with { stage in
            let now = Timestamp.now()
            try await stage.reserve(stream: "now", at: now)
            try await stage.reserve(stream: "yesterday", at: now.advanced(by: .seconds(-25 * 3_600)))
            try await stage.reserve(stream: "long ago", at: now.advanced(by: .seconds(-40 * 86_400)))
            try await stage.database.withConnection { owner in
                _ = try await owner.execute(
                    """
                    UPDATE needrecord.reservations
                    SET state = 'ended', end_cause = 'operator', ended_at = now() - interval '31 days'
                    WHERE stream = 'long ago'
                    """
                )
            }
            try await stage.running("auditor-1", { $0.housekeepingInterval = .milliseconds(100) }) { test in
                try await eventually("the counters") {
                    test.auditor.counters.expiredReservations == 1 && test.auditor.counters.prunedReservations == 1
                }
                #expect(
                    try await stage.texts("SELECT stream || ' ' || state FROM needrecord.reservations ORDER BY 1") == [
                        "now reserved", "yesterday ended",
                    ]
                )
                try await stage.reserve(stream: "later", at: now.advanced(by: .seconds(-26 * 3_600)))
                try await eventually("the next round") { test.auditor.counters.expiredReservations == 2 }
            }
        }
    }

    @Test func `The lag is that of the oldest that waits, and zero when nothing does`() async throws {
        try await AuditorStage.with { stage in
            try await stage.running { test in
                try await test.toLead()
                #expect(test.auditor.lag == .zero)
                try await stage.holdingCommits {
                    // Came in long ago, by the gateway's clock.
                    try await stage.publish([.file(1)])
                    try await stage.commitToWait()
                    let lag = try #require(test.auditor.lag)
                    #expect(lag > .seconds(86_400))
                }
                try await stage.place(1)
                try await eventually("the lag to be over") { test.auditor.lag == .zero }
            }
        }
    }

    @Test func `A graceful stop finishes what is being written, and the rest stays in the stream`() async throws {
        try await AuditorStage.with { stage in
            try await stage.running { test in
                try await stage.holdingCommits {
                    try await stage.publish([.file(1)])
                    try await stage.commitToWait()
                    try await stage.publish([.file(2), .file(3)])
                    await test.group.triggerGracefulShutdown()
                    #expect(test.auditor.standing == .leading)
                }
                try await test.stop()
                #expect(try await stage.rowCount() == 1)
                try await stage.place(1)
                #expect(test.auditor.counters.interruptions == 0)
            }
            try await stage.running { _ in try await stage.place(3) }
            #expect(try await stage.rowCount() == 3)
        }
    }

    @Test func `An auditor in waiting stops at once`() async throws {
        try await AuditorStage.with { stage in
            try await stage.running { first in
                try await first.toLead()
                try await stage.running("auditor-2") { second in
                    try await eventually("the second to wait") { second.auditor.standing == .standby }
                    #expect(second.auditor.lag == nil)
                    try await second.stop()
                }
                #expect(first.auditor.standing == .leading)
            }
        }
    }
}
