import TestSupport
import Testing

@testable import CallbackGateway

@Suite struct OutcomeShipmentTests {
    @Test func `What is confirmed without a gap before it is done`() {
        var shipment = OutcomeShipment<Int>(window: 4)
        let numbers = [10, 20, 30].map { shipment.send(upTo: $0)! }
        #expect(shipment.settled(numbers[1], isConfirmed: true) == nil)
        #expect(shipment.settled(numbers[0], isConfirmed: true) == 20)
        #expect(shipment.settled(numbers[2], isConfirmed: true) == 30)
        #expect(!shipment.mustRewind)
    }

    @Test func `No more are sent than may be on their way`() {
        var shipment = OutcomeShipment<Int>(window: 2)
        let first = shipment.send(upTo: 1)!
        #expect(shipment.maySend)
        let second = shipment.send(upTo: 2)!
        #expect(!shipment.maySend)
        _ = shipment.settled(second, isConfirmed: true)
        #expect(!shipment.maySend)
        _ = shipment.settled(first, isConfirmed: true)
        #expect(shipment.maySend)
    }

    @Test func `After a loss nothing is sent until all have ended and the reading is set back`() {
        var shipment = OutcomeShipment<Int>(window: 4)
        let numbers = [10, 20, 30].map { shipment.send(upTo: $0)! }
        #expect(shipment.settled(numbers[1], isConfirmed: false) == nil)
        #expect(!shipment.maySend)
        #expect(!shipment.mustRewind)
        // A batch that was read before the loss was known must not be sent, or it would be taken for the next one.
        #expect(shipment.send(upTo: 40) == nil)
        #expect(shipment.settled(numbers[0], isConfirmed: true) == 10)
        #expect(shipment.settled(numbers[2], isConfirmed: true) == nil)
        #expect(shipment.mustRewind)
        #expect(!shipment.maySend)
        shipment.rewound()
        #expect(shipment.maySend)
        let again = shipment.send(upTo: 30)!
        #expect(!numbers.contains(again))
        #expect(shipment.settled(again, isConfirmed: true) == 30)
    }

    @Test func `A number that is not on its way changes nothing`() {
        var shipment = OutcomeShipment<Int>(window: 4)
        let number = shipment.send(upTo: 10)!
        #expect(shipment.settled(number, isConfirmed: true) == 10)
        #expect(shipment.settled(number, isConfirmed: false) == nil)
        #expect(!shipment.mustRewind)
        #expect(shipment.maySend)
    }

    /// A journal of records 0, 1, 2… that is read, sent, lost and confirmed at random.
    @Test(arguments: 0..<500 as Range<UInt64>)
    func `Whatever is lost when, everything reaches the broker, and nothing is done before it does`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var shipment = OutcomeShipment<Int>(window: Int.random(in: 1...5, using: &random))
        var onTheirWay: [(number: Int, range: Range<Int>)] = []
        var atBroker: Set<Int> = []
        var (read, done) = (0, 0)
        for _ in 0..<300 {
            if shipment.mustRewind {
                shipment.rewound()
                read = done
            }
            if shipment.maySend, Bool.random(using: &random) {
                let end = read + Int.random(in: 1...4, using: &random)
                if let number = shipment.send(upTo: end) {
                    onTheirWay.append((number, read..<end))
                    read = end
                }
            } else if let index = onTheirWay.indices.randomElement(using: &random) {
                let batch = onTheirWay.remove(at: index)
                let isConfirmed = Int.random(in: 0..<5, using: &random) > 0
                if isConfirmed { atBroker.formUnion(batch.range) }
                if let end = shipment.settled(batch.number, isConfirmed: isConfirmed) {
                    #expect(end > done)
                    done = end
                    #expect(atBroker.isSuperset(of: 0..<done))
                }
            }
        }
        #expect(done > 0)
    }
}
