import Testing

@testable import Postgres

@Suite struct PoolMachineTests {
    private let start = ContinuousClock.now
    private func at(_ seconds: Double) -> ContinuousClock.Instant { start + .seconds(seconds) }
    private func machine(size: Int) -> PoolMachine<String> { PoolMachine(size: size) { !$0.hasPrefix("dead") } }
    private let refused = PostgresError(.connectFailed, message: "refused")

    @Test func `connections are opened as they are needed, up to the size`() {
        var pool = machine(size: 2)
        #expect(pool.lease(1, deadline: at(1), now: at(0)).connects == 1)
        #expect(pool.lease(2, deadline: at(1), now: at(0)).connects == 1)
        #expect(pool.lease(3, deadline: at(1), now: at(0)).connects == 0)
        let first = pool.connected("a", now: at(0))
        #expect(first.grants.map(\.lease) == [1])
        #expect(pool.connected("b", now: at(0)).grants.map(\.lease) == [2])
        // In line first come, first served.
        #expect(pool.lease(4, deadline: at(1), now: at(0)).grants.isEmpty)
        let back = pool.returned("a", isClean: true, now: at(0))
        #expect(back.grants.map(\.lease) == [3])
        #expect(back.grants.map(\.connection) == ["a"])
    }

    @Test func `the last one returned is lent first, and a dead one never`() {
        var pool = machine(size: 3)
        for lease in 1...3 { _ = pool.lease(UInt64(lease), deadline: at(1), now: at(0)) }
        for name in ["a", "b", "dead"] { _ = pool.connected(name, now: at(0)) }
        for name in ["a", "b", "dead"] { _ = pool.returned(name, isClean: true, now: at(0)) }
        let actions = pool.lease(4, deadline: at(1), now: at(0))
        #expect(actions.closes == ["dead"])
        #expect(actions.grants.map(\.connection) == ["b"])
    }

    @Test func `the next one is the last one returned, while one is there`() {
        var pool = machine(size: 2)
        #expect(pool.nextConnection == nil)
        for lease in 1...2 { _ = pool.lease(UInt64(lease), deadline: at(1), now: at(0)) }
        for name in ["a", "b"] { _ = pool.connected(name, now: at(0)) }
        #expect(pool.nextConnection == nil)
        _ = pool.returned("b", isClean: true, now: at(0))
        _ = pool.returned("a", isClean: true, now: at(0))
        #expect(pool.nextConnection == "a")
        _ = pool.lease(3, deadline: at(1), now: at(0))
        #expect(pool.nextConnection == "b")
    }

    @Test func `a dirty connection is closed and replaced for who waits`() {
        var pool = machine(size: 1)
        _ = pool.lease(1, deadline: at(1), now: at(0))
        _ = pool.connected("a", now: at(0))
        _ = pool.lease(2, deadline: at(1), now: at(0))
        let actions = pool.returned("a", isClean: false, now: at(0))
        #expect(actions.closes == ["a"])
        #expect(actions.grants.isEmpty)
        #expect(actions.connects == 1)
    }

    @Test func `a dead database is asked ever less often, and leases fail with its last error`() throws {
        var pool = machine(size: 4)
        #expect(pool.lease(1, deadline: at(0.25), now: at(0)).connects == 1)
        #expect(pool.lease(2, deadline: at(9), now: at(0)).connects == 1)
        _ = pool.connectFailed(refused, now: at(0))
        _ = pool.connectFailed(refused, now: at(0))
        // The second failure doubled the pause, and then one attempt is made, not two.
        #expect(pool.nextTick == at(0.2))
        #expect(pool.tick(at(0.1)).connects == 0)
        #expect(pool.tick(at(0.2)).connects == 1)
        #expect(pool.lease(3, deadline: at(9), now: at(0.2)).connects == 0)
        #expect(pool.nextTick == at(0.25))
        let expired = pool.tick(at(0.25))
        #expect(expired.failures.map(\.lease) == [1])
        #expect(expired.failures.first?.error.code == .connectFailed)
        #expect(pool.connectFailed(refused, now: at(0.3)).connects == 0)
        #expect(try #require(pool.nextTick) == at(0.3) + .milliseconds(400))
        // It is back: whoever waits is served at once.
        #expect(pool.tick(at(0.7)).connects == 1)
        let back = pool.connected("a", now: at(0.7))
        #expect(back.grants.map(\.lease) == [2])
        #expect(back.connects == 1)
    }

    @Test func `the pause has a limit`() throws {
        var pool = machine(size: 1)
        var now = at(0)
        _ = pool.lease(1, deadline: at(3600), now: now)
        for _ in 0..<20 {
            _ = pool.connectFailed(refused, now: now)
            now = try #require(pool.nextTick)
            #expect(pool.tick(now).connects == 1)
        }
        _ = pool.connectFailed(refused, now: now)
        #expect(try #require(pool.nextTick) - now == .seconds(1))
    }

    @Test func `what waiting does not heal fails at once`() {
        var pool = machine(size: 1)
        _ = pool.lease(1, deadline: at(9), now: at(0))
        let actions = pool.connectFailed(PostgresError(.authenticationFailed, message: ""), now: at(0))
        #expect(actions.failures.map(\.lease) == [1])
        #expect(pool.nextTick == nil)
    }

    @Test func `a lease of a busy pool times out`() {
        var pool = machine(size: 1)
        _ = pool.lease(1, deadline: at(1), now: at(0))
        _ = pool.connected("a", now: at(0))
        _ = pool.lease(2, deadline: at(1), now: at(0))
        #expect(pool.nextTick == at(1))
        let actions = pool.tick(at(1))
        #expect(actions.failures.map(\.lease) == [2])
        #expect(actions.failures.first?.error.code == .timedOut)
        #expect(pool.nextTick == nil)
    }

    @Test func `a withdrawn lease gets nothing`() {
        var pool = machine(size: 1)
        _ = pool.lease(1, deadline: at(1), now: at(0))
        #expect(pool.withdraw(1) == true)
        #expect(pool.withdraw(1) == false)
        #expect(pool.connected("a", now: at(0)).grants.isEmpty)
        #expect(pool.lease(2, deadline: at(1), now: at(0)).grants.map(\.connection) == ["a"])
    }

    @Test func `a closed pool is drained when all is back`() {
        var pool = machine(size: 4)
        for lease in 1...3 { _ = pool.lease(UInt64(lease), deadline: at(1), now: at(0)) }
        _ = pool.connected("a", now: at(0))
        _ = pool.connected("b", now: at(0))
        _ = pool.returned("b", isClean: true, now: at(0))
        _ = pool.lease(4, deadline: at(1), now: at(0))
        let closed = pool.close()
        #expect(closed.failures.map(\.lease) == [4])
        #expect(closed.failures.first?.error.code == .poolClosed)
        #expect(!closed.isDrained)
        #expect(pool.lease(5, deadline: at(1), now: at(0)).failures.first?.error.code == .poolClosed)
        let late = pool.connected("c", now: at(0))
        #expect(late.closes == ["c"])
        #expect(!late.isDrained)
        #expect(pool.returned("a", isClean: true, now: at(0)).isDrained == false)
        let last = pool.returned("b", isClean: true, now: at(0))
        #expect(last.closes == ["b"])
        #expect(last.isDrained)
    }
}
