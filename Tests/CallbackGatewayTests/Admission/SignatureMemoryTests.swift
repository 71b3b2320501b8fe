import TestSupport
import Testing

@testable import CallbackGateway

@Suite struct SignatureMemoryTests {
    private func memory(capacity: Int = 100) -> SignatureMemory<ScriptedInstant> {
        SignatureMemory(window: .seconds(90), memory: .seconds(600), capacity: capacity)
    }

    @Test func `Callbacks of one second and their retries share a signature`() {
        var memory = memory()
        for milliseconds in [0, 0, 3, 6_000, 35_000, 80_000, 90_000] {
            #expect(memory.isReplay(1, at: ScriptedInstant(milliseconds)) == false)
        }
        #expect(memory.count == 1)
    }

    @Test func `A signature is a replay from the end of the window on, however often it was used in it`() {
        var memory = memory()
        _ = memory.isReplay(1, at: 0)
        _ = memory.isReplay(1, at: 89_000)
        #expect(memory.isReplay(1, at: 90_001) == true)
        // A refused use does not begin a new window.
        #expect(memory.isReplay(1, at: 90_002) == true)
        #expect(memory.isReplay(1, at: 600_000) == true)
        #expect(memory.isReplay(2, at: 600_000) == false)
    }

    @Test func `A signature is forgotten when its time cannot be within the tolerance any more`() {
        var memory = memory()
        for signature in 0..<10 { _ = memory.isReplay(UInt128(signature), at: ScriptedInstant(signature * 1_000)) }
        #expect(memory.isReplay(0, at: 600_000) == true)
        _ = memory.isReplay(10, at: 600_001)
        #expect(memory.count == 10)
        _ = memory.isReplay(11, at: 700_000)
        #expect(memory.count == 2)
        #expect(memory.forgottenCount == 0)
    }

    @Test func `Its memory is bounded, and what is forgotten too early is counted`() {
        var memory = memory(capacity: 3)
        for signature in 1...5 { #expect(memory.isReplay(UInt128(signature), at: 0) == false) }
        #expect(memory.count == 3)
        #expect(memory.forgottenCount == 2)
        #expect(memory.isReplay(5, at: 91_000) == true)
        #expect(memory.isReplay(1, at: 91_000) == false)
        #expect(memory.count == 3)
        #expect(memory.forgottenCount == 3)
    }
}
