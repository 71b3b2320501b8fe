import Testing

@testable import AMQP

@Suite struct BackoffTests {
    @Test func `The limit doubles with each failure up to the cap`() {
        var backoff = Backoff()
        let pauses = (0..<8).map { _ in backoff.failed(random: 1) }
        #expect(pauses == [100, 200, 400, 800, 1600, 3200, 5000, 5000].map { .milliseconds($0) })
    }

    @Test func `The pause is a random part of the limit`() {
        var backoff = Backoff(base: .milliseconds(100), cap: .seconds(1))
        #expect(backoff.failed(random: 0) == .zero)
        #expect(backoff.failed(random: 0.5) == .milliseconds(100))
        #expect(backoff.failed(random: 0.25) == .milliseconds(100))
    }

    @Test func `A success begins anew`() {
        var backoff = Backoff()
        _ = backoff.failed(random: 1)
        _ = backoff.failed(random: 1)
        backoff.succeeded()
        #expect(backoff.failed(random: 1) == .milliseconds(100))
    }

    @Test(arguments: [-1.0, 2.0]) func `A random number out of range is clamped`(random: Double) {
        var backoff = Backoff()
        #expect((.zero ... .milliseconds(100)).contains(backoff.failed(random: random)))
    }
}
