internal import PlatformSimulator
internal import Testing

@Suite struct CallbackVerdictTests {
    private static func verdict(_ body: String, status: Int = 200, isCompressed: Bool = false) -> CallbackVerdict {
        CallbackVerdict(
            status: status,
            isCompressed: isCompressed,
            body: Array(body.utf8),
            bodyLength: body.utf8.count
        )
    }

    @Test func `a valid answer counts as it says`() {
        #expect(Self.verdict(#"{"NeedRecord":true}"#) == .record)
        #expect(Self.verdict(#"{"NeedRecord":false}"#) == .doNotRecord)
    }

    @Test func `an answer without NeedRecord is not recorded, and told apart`() {
        #expect(Self.verdict(#"{"ApiVersion":"1.0"}"#) == .doNotRecordByOmission)
    }

    @Test(arguments: [201, 204, 301, 400, 404, 500, 503])
    func `any status but 200 is a failure, whatever the body says`(status: Int) {
        #expect(Self.verdict(#"{"NeedRecord":true}"#, status: status) == .failed(.status))
    }

    @Test func `a body that is not a JSON object is a failure`() {
        #expect(Self.verdict("OK") == .failed(.notJSON))
        #expect(Self.verdict("") == .failed(.notJSON))
        #expect(Self.verdict(#"{"NeedRecord":"yes"}"#) == .failed(.notBoolean))
    }

    @Test func `a compressed body is a failure`() {
        #expect(Self.verdict(#"{"NeedRecord":true}"#, isCompressed: true) == .failed(.compressed))
    }

    @Test func `the platform reads 2048 bytes and no more`() {
        func body(length: Int) -> String {
            let start = #"{"NeedRecord":true,"Padding":""#
            return start + String(repeating: "x", count: length - start.utf8.count - 2) + #""}"#
        }
        #expect(Self.verdict(body(length: 2_048)) == .record)
        #expect(Self.verdict(body(length: 2_049)) == .failed(.tooLong))
        #expect(Self.verdict(#"{"NeedRecord":true}"# + String(repeating: " ", count: 4_000)) == .record)
    }
}
