import DecisionCore
import Testing

@testable import CallbackGateway

@Suite struct MinuteLedgerTests {
    private static let run = GatewayRun(gateway: "gateway-1", id: EventID(high: 0x7000, low: 1 << 63))

    /// This many seconds after the beginning of time.
    private func at(_ seconds: Int64) -> Timestamp { Timestamp(millisecondsSinceEpoch: seconds * 1_000) }

    private func minute(
        _ minute: Int64,
        _ received: Int,
        _ outcomes: [String: Int],
        unkept: Int = 0
    ) -> GatewayMinute {
        GatewayMinute(run: Self.run, minute: at(minute * 60), received: received, outcomes: outcomes, unkept: unkept)
    }

    @Test func `A minute is told of once, when it is over and every callback of it is answered`() {
        var ledger = MinuteLedger(run: Self.run)
        for _ in 0..<3 { ledger.received(at(0)) }
        ledger.received(at(60))
        ledger.answered(at(0), cause: "decided", isKept: true)
        ledger.answered(at(0), cause: "timeout", isKept: true)
        #expect(ledger.close(now: at(62)).isEmpty)
        ledger.answered(at(0), cause: "decided", isKept: true)
        #expect(ledger.close(now: at(60)).isEmpty)
        #expect(ledger.close(now: at(61)) == [minute(0, 3, ["decided": 2, "timeout": 1])])
        #expect(ledger.close(now: at(62)).isEmpty)
    }

    @Test func `Minutes without callbacks are not told of, and several come in order`() {
        var ledger = MinuteLedger(run: Self.run)
        for number in [5, 1, 3] as [Int64] {
            ledger.received(at(number * 60))
            ledger.answered(at(number * 60), cause: "decided", isKept: true)
        }
        #expect(
            ledger.close(now: at(500)) == [
                minute(1, 1, ["decided": 1]), minute(3, 1, ["decided": 1]), minute(5, 1, ["decided": 1]),
            ]
        )
    }

    @Test func `An outcome that is not kept is counted as answered and as unkept`() {
        var ledger = MinuteLedger(run: Self.run)
        ledger.received(at(0))
        ledger.received(at(0))
        ledger.answered(at(0), cause: "decided", isKept: true)
        ledger.answered(at(0), cause: "decided", isKept: false)
        #expect(ledger.closeAll() == [minute(0, 2, ["decided": 2], unkept: 1)])
    }

    @Test func `A minute that nobody could be told of is told of again, however long that takes`() {
        var ledger = MinuteLedger(run: Self.run)
        ledger.received(at(0))
        ledger.answered(at(0), cause: "decided", isKept: false)
        for now in [61, 62, 5_000] as [Int64] {
            #expect(ledger.close(now: at(now)) == [minute(0, 1, ["decided": 1], unkept: 1)])
            ledger.notTold(at(0))
        }
        #expect(ledger.closeAll() == [minute(0, 1, ["decided": 1], unkept: 1)])
        #expect(ledger.closeAll().isEmpty)
    }

    @Test func `A callback that turns up in a minute that was told of makes it told of again, with all of it`() {
        var ledger = MinuteLedger(run: Self.run)
        ledger.received(at(0))
        ledger.answered(at(0), cause: "decided", isKept: true)
        #expect(ledger.close(now: at(100)) == [minute(0, 1, ["decided": 1])])
        ledger.received(at(0))
        #expect(ledger.close(now: at(101)).isEmpty)
        ledger.answered(at(0), cause: "timeout", isKept: true)
        #expect(ledger.close(now: at(102)) == [minute(0, 2, ["decided": 1, "timeout": 1])])
    }

    @Test func `At the end the running minute is told of too, but none with an open question`() {
        var ledger = MinuteLedger(run: Self.run)
        ledger.received(at(0))
        ledger.answered(at(0), cause: "draining", isKept: true)
        ledger.received(at(60))
        #expect(ledger.closeAll() == [minute(0, 1, ["draining": 1])])
        ledger.answered(at(60), cause: "decided", isKept: true)
        #expect(ledger.closeAll() == [minute(1, 1, ["decided": 1])])
    }

    @Test func `A minute that nobody has answered is remembered for ever, one that was told of is forgotten`() {
        var ledger = MinuteLedger(run: Self.run)
        ledger.received(at(0))
        ledger.received(at(60))
        ledger.answered(at(60), cause: "decided", isKept: true)
        #expect(ledger.close(now: at(200)) == [minute(1, 1, ["decided": 1])])
        #expect(ledger.close(now: at(100_000)).isEmpty)
        ledger.answered(at(0), cause: "timeout", isKept: true)
        #expect(ledger.close(now: at(100_001)) == [minute(0, 1, ["timeout": 1])])
        // It begins anew: the totals of before are forgotten.
        ledger.received(at(60))
        ledger.answered(at(60), cause: "decided", isKept: true)
        #expect(ledger.close(now: at(100_002)) == [minute(1, 1, ["decided": 1])])
    }
}
