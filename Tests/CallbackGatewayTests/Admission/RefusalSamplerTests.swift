import TestSupport
import Testing

@testable import CallbackGateway

@Suite struct RefusalSamplerTests {
    @Test func `One line for each reason in a while says how many there were`() {
        var sampler = RefusalSampler<ScriptedInstant>(interval: .seconds(10))
        #expect(sampler.refused(.signatureInvalid, at: 0) == 1)
        #expect(sampler.refused(.signatureInvalid, at: 1) == nil)
        #expect(sampler.refused(.networkNotAllowed, at: 2) == 1)
        #expect(sampler.refused(.signatureInvalid, at: 9_999) == nil)
        #expect(sampler.refused(.signatureInvalid, at: 10_000) == 3)
        #expect(sampler.refused(.signatureInvalid, at: 10_001) == nil)
        #expect(sampler.refused(.networkNotAllowed, at: 60_000) == 1)
    }
}
