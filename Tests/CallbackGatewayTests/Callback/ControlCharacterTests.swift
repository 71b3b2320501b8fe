import Testing

@testable import CallbackGateway

@Suite struct ControlCharacterTests {
    @Test func `The control characters are those that Unicode calls so, of all that there are`() {
        let scalars = (0...UInt32(0x10FFFF)).lazy.compactMap(Unicode.Scalar.init)
        let wrong = scalars.filter { scalar in
            String(scalar).hasControlCharacter != (scalar.properties.generalCategory == .control)
        }
        #expect(Array(wrong) == [])
        #expect("live\u{7F}".hasControlCharacter)
        #expect("直播\u{85}".replacingControlCharacters == "直播\u{FFFD}")
    }
}
