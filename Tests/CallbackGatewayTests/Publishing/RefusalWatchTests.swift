import Testing

@testable import CallbackGateway

@Suite struct RefusalWatchTests {
    private typealias Watch = RefusalWatch<ContinuousClock.Instant>

    private let start = ContinuousClock.now

    private func at(_ milliseconds: Int) -> ContinuousClock.Instant { start.advanced(by: .milliseconds(milliseconds)) }

    private func watch(isProven: Bool) -> Watch {
        var watch = Watch(grace: .seconds(2), pause: .milliseconds(250), patience: .seconds(1))
        watch.opened(1, now: at(0))
        if isProven { watch.confirmed(on: 1) }
        return watch
    }

    @Test func `What a new channel refuses waits for another one, which is opened once`() {
        var watch = watch(isProven: false)
        #expect(watch.refused(on: 1, now: at(10)) == Watch.Advice(mayWait: true, renewal: at(250)))
        #expect(watch.refused(on: 1, now: at(11)) == Watch.Advice(mayWait: true, renewal: nil))
    }

    @Test func `The next channel may be refused as well, until the grace period is over`() {
        var watch = watch(isProven: false)
        _ = watch.refused(on: 1, now: at(10))
        watch.opened(2, now: at(250))
        #expect(watch.refused(on: 2, now: at(260)) == Watch.Advice(mayWait: true, renewal: at(500)))
        watch.opened(3, now: at(2_000))
        #expect(watch.refused(on: 3, now: at(2_009)).mayWait)
        watch.opened(4, now: at(2_009))
        #expect(watch.refused(on: 4, now: at(2_010)) == Watch.Advice(mayWait: false, renewal: at(3_009)))
    }

    @Test func `A channel that has had a confirm refuses because the queue is full`() {
        var watch = watch(isProven: true)
        #expect(watch.refused(on: 1, now: at(5_000)) == Watch.Advice(mayWait: false, renewal: nil))
        #expect(watch.refused(on: 1, now: at(5_999)) == Watch.Advice(mayWait: false, renewal: nil))
    }

    @Test func `A channel that refuses everything for long is replaced`() {
        var watch = watch(isProven: true)
        _ = watch.refused(on: 1, now: at(5_000))
        #expect(watch.refused(on: 1, now: at(6_000)) == Watch.Advice(mayWait: false, renewal: at(6_000)))
        #expect(watch.refused(on: 1, now: at(6_500)) == Watch.Advice(mayWait: false, renewal: nil))
        watch.opened(2, now: at(6_001))
        #expect(watch.refused(on: 2, now: at(6_010)) == Watch.Advice(mayWait: true, renewal: at(6_251)))
    }

    @Test func `A confirm in between begins everything anew`() {
        var watch = watch(isProven: true)
        _ = watch.refused(on: 1, now: at(5_000))
        watch.confirmed(on: 1)
        #expect(watch.refused(on: 1, now: at(6_000)) == Watch.Advice(mayWait: false, renewal: nil))
    }

    @Test func `What was refused long ago takes nothing from the next election`() {
        var watch = watch(isProven: false)
        _ = watch.refused(on: 1, now: at(10))
        watch.opened(2, now: at(60_000))
        #expect(watch.refused(on: 2, now: at(60_001)) == Watch.Advice(mayWait: true, renewal: at(60_250)))
    }

    @Test func `A proven channel that refuses now and then, and nothing else, is replaced`() {
        var watch = watch(isProven: true)
        #expect(watch.refused(on: 1, now: at(10_000)) == Watch.Advice(mayWait: false, renewal: nil))
        #expect(watch.refused(on: 1, now: at(15_000)).renewal != nil)
    }

    @Test func `What a replaced channel still refuses goes to its successor`() {
        var watch = watch(isProven: true)
        watch.opened(2, now: at(6_000))
        watch.confirmed(on: 2)
        #expect(watch.refused(on: 1, now: at(6_001)) == Watch.Advice(mayWait: true, renewal: nil))
        // And says nothing of it.
        #expect(watch.refused(on: 2, now: at(9_000)) == Watch.Advice(mayWait: false, renewal: nil))
    }

    @Test func `What a replaced channel confirms proves nothing of its successor`() {
        var watch = watch(isProven: true)
        watch.opened(2, now: at(6_000))
        watch.confirmed(on: 1)
        #expect(watch.refused(on: 2, now: at(6_001)).mayWait)
    }
}
