import Testing

@testable import CallbackGateway

@Suite struct BrokerCircuitTests {
    private typealias Circuit = BrokerCircuit<ContinuousClock.Instant>

    private let start = ContinuousClock.now

    private func at(_ seconds: Int) -> ContinuousClock.Instant { start.advanced(by: .seconds(seconds)) }

    private func readyCircuit() -> Circuit {
        var circuit = Circuit(grace: .seconds(2))
        _ = circuit.linkUp(.events)
        _ = circuit.linkUp(.replies)
        return circuit
    }

    @Test func `Before there was a broker, callbacks are refused at once`() {
        let circuit = Circuit(grace: .seconds(2))
        #expect(circuit.admission == .refuse)
        #expect(!circuit.isReady)
    }

    @Test(arguments: [
        [BrokerCircuit<ContinuousClock.Instant>.Link.events, .replies], [.replies, .events],
    ])
    func `A question needs both links, whichever comes first`(links: [BrokerCircuit<ContinuousClock.Instant>.Link]) {
        var circuit = Circuit(grace: .seconds(2))
        #expect(circuit.linkUp(links[0]) == .none)
        #expect(circuit.admission == .refuse)
        #expect(circuit.linkUp(links[1]) == .publishWaiting)
        #expect(circuit.admission == .publish)
        #expect(circuit.isReady)
    }

    @Test func `A link lost before both were up leaves the circuit open`() {
        var circuit = Circuit(grace: .seconds(2))
        _ = circuit.linkUp(.events)
        #expect(circuit.linkDown(.events, now: at(0)) == .none)
        #expect(circuit.linkUp(.replies) == .none)
        #expect(circuit.admission == .refuse)
    }

    @Test(arguments: BrokerCircuit<ContinuousClock.Instant>.Link.allCases)
    func `A short interruption holds callbacks, and publishes them when it is over`(
        link: BrokerCircuit<ContinuousClock.Instant>.Link
    ) {
        var circuit = readyCircuit()
        #expect(circuit.linkDown(link, now: at(10)) == .watch(until: at(12)))
        #expect(circuit.admission == .hold)
        #expect(!circuit.isReady)
        circuit.graceElapsed(now: at(11))
        #expect(circuit.admission == .hold)
        #expect(circuit.linkUp(link) == .publishWaiting)
        #expect(circuit.admission == .publish)
    }

    @Test func `After the grace period callbacks are refused, until both links are back`() {
        var circuit = readyCircuit()
        _ = circuit.linkDown(.events, now: at(10))
        circuit.graceElapsed(now: at(12))
        #expect(circuit.admission == .refuse)
        #expect(circuit.linkUp(.events) == .publishWaiting)
        #expect(circuit.admission == .publish)
    }

    @Test func `The second link to be lost does not prolong the grace period`() {
        var circuit = readyCircuit()
        _ = circuit.linkDown(.events, now: at(10))
        #expect(circuit.linkDown(.replies, now: at(11)) == .none)
        #expect(circuit.linkUp(.events) == .none)
        #expect(circuit.admission == .hold)
        circuit.graceElapsed(now: at(12))
        #expect(circuit.admission == .refuse)
    }

    @Test func `The end of an interruption that is over changes nothing`() {
        var circuit = readyCircuit()
        _ = circuit.linkDown(.events, now: at(10))
        _ = circuit.linkUp(.events)
        circuit.graceElapsed(now: at(12))
        #expect(circuit.admission == .publish)
    }

    @Test func `The end of an earlier interruption does not end the one that is on`() {
        var circuit = readyCircuit()
        _ = circuit.linkDown(.events, now: at(10))
        _ = circuit.linkUp(.events)
        _ = circuit.linkDown(.events, now: at(11))
        circuit.graceElapsed(now: at(12))
        #expect(circuit.admission == .hold)
        circuit.graceElapsed(now: at(13))
        #expect(circuit.admission == .refuse)
    }

    @Test func `A notice needs no link that takes replies`() {
        var circuit = Circuit(grace: .seconds(2), links: [.events])
        #expect(circuit.linkUp(.events) == .publishWaiting)
        #expect(circuit.linkDown(.replies, now: at(1)) == .none)
        #expect(circuit.admission == .publish)
        #expect(circuit.linkDown(.events, now: at(10)) == .watch(until: at(12)))
        #expect(circuit.admission == .hold)
        #expect(circuit.linkUp(.replies) == .none)
        #expect(circuit.admission == .hold)
        #expect(circuit.linkUp(.events) == .publishWaiting)
    }

    @Test func `A link that is replaced while it is up has its events published again`() {
        var circuit = readyCircuit()
        #expect(circuit.linkUp(.replies) == .publishWaiting)
    }
}
