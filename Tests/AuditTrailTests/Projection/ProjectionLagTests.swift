import DecisionCore
import Testing

@testable import AuditTrail

@Suite struct ProjectionLagTests {
    private func at(_ seconds: Int64) -> Timestamp { Timestamp(millisecondsSinceEpoch: seconds * 1_000) }

    @Test func `Who has never led waits since its start, whatever fails meanwhile`() {
        var lag = ProjectionLag(since: at(5))
        #expect(lag.duration(now: at(5)) == .zero)
        lag.ended(now: at(6))
        #expect(lag.duration(now: at(7)) == .seconds(2))
        lag.ended(now: at(60))
        #expect(lag.duration(now: at(65)) == .seconds(60))
        lag.began(isEmpty: false, now: at(70))
        #expect(lag.duration(now: at(75)) == .seconds(70))
        lag.took(oldest: at(2))
        #expect(lag.duration(now: at(75)) == .seconds(73))
        lag.wrote(newest: at(74), now: at(76))
        #expect(lag.duration(now: at(77)) == .zero)
    }

    @Test func `Who stands by and loses the servers does not know that another leads any more`() {
        var lag = ProjectionLag(since: at(5))
        lag.stoodBy()
        #expect(lag.duration(now: at(9)) == nil)
        lag.ended(now: at(10))
        #expect(lag.duration(now: at(12)) == .seconds(2))
        lag.stoodBy()
        #expect(lag.duration(now: at(13)) == nil)
    }

    @Test func `An empty stream has no lag`() {
        var lag = ProjectionLag(since: at(1))
        lag.began(isEmpty: true, now: at(5))
        #expect(lag.duration(now: at(5)) == .zero)
        #expect(lag.duration(now: at(500)) == .zero)
    }

    @Test func `What waits is as late as its oldest`() {
        var lag = ProjectionLag(since: at(1))
        lag.began(isEmpty: true, now: at(5))
        lag.took(oldest: at(100))
        #expect(lag.duration(now: at(103)) == .seconds(3))
        lag.took(oldest: at(101))
        #expect(lag.duration(now: at(104)) == .seconds(4))
        lag.took(oldest: at(50))
        #expect(lag.duration(now: at(104)) == .seconds(54))
    }

    @Test func `After a batch it is the age of the newest that was written, and zero when nothing follows`() {
        var lag = ProjectionLag(since: at(1))
        lag.began(isEmpty: true, now: at(5))
        lag.took(oldest: at(100))
        lag.wrote(newest: at(110), now: at(130))
        #expect(lag.duration(now: at(130)) == .seconds(20))
        #expect(lag.duration(now: at(131)) == .zero)
        #expect(lag.duration(now: at(9_000)) == .zero)
    }

    @Test func `From the end of a term on it is the time since the last that was known`() {
        var lag = ProjectionLag(since: at(1))
        lag.began(isEmpty: true, now: at(5))
        lag.wrote(newest: at(9), now: at(10))
        lag.ended(now: at(60))
        #expect(lag.duration(now: at(90)) == .seconds(30))
        lag.ended(now: at(70))
        lag.began(isEmpty: false, now: at(95))
        #expect(lag.duration(now: at(96)) == .seconds(36))
        lag.wrote(newest: nil, now: at(97))
        #expect(lag.duration(now: at(97)) == .zero)
    }

    @Test func `What was taken and not written waits on beyond the term`() {
        var lag = ProjectionLag(since: at(1))
        lag.began(isEmpty: true, now: at(5))
        lag.took(oldest: at(8))
        lag.ended(now: at(60))
        #expect(lag.duration(now: at(68)) == .seconds(60))
    }

    @Test func `A stream that was read before may hold something, until it has shown what`() {
        var lag = ProjectionLag(since: at(1))
        lag.stoodBy()
        lag.began(isEmpty: false, now: at(5))
        #expect(lag.duration(now: at(7)) == .seconds(2))
        lag.took(oldest: nil)
        lag.wrote(newest: nil, now: at(8))
        #expect(lag.duration(now: at(8)) == .zero)
    }

    @Test func `When another leads it is not for this one to say`() {
        var lag = ProjectionLag(since: at(1))
        lag.began(isEmpty: true, now: at(5))
        lag.ended(now: at(6))
        lag.stoodBy()
        #expect(lag.duration(now: at(7)) == nil)
    }

    @Test func `A gateway's clock that is ahead makes no negative lag`() {
        var lag = ProjectionLag(since: at(95))
        #expect(lag.duration(now: at(90)) == .zero)
        lag.took(oldest: at(100))
        #expect(lag.duration(now: at(90)) == .zero)
        lag.wrote(newest: at(100), now: at(90))
        #expect(lag.duration(now: at(90)) == .zero)
    }
}
