import DecisionCore
import Testing

@Suite struct ValidityTests {
    private static let from = Timestamp.example
    private static let until = from.advanced(by: .seconds(60))
    private static let ends = [
        Timestamp(millisecondsSinceEpoch: .min), Timestamp(millisecondsSinceEpoch: -1),
        Timestamp(millisecondsSinceEpoch: 0), Timestamp(millisecondsSinceEpoch: .max),
    ]

    @Test func `The first moment is in it, the moment of the end is not`() throws {
        let validity = try #require(Validity(from: Self.from, until: Self.until))
        #expect(!validity.contains(Self.from.advanced(by: .milliseconds(-1))))
        #expect(validity.contains(Self.from))
        #expect(validity.contains(Self.until.advanced(by: .milliseconds(-1))))
        #expect(!validity.contains(Self.until))
        #expect(!Self.ends.contains { validity.contains($0) })
    }

    @Test func `A side without a limit goes on for ever`() throws {
        let begun = try #require(Validity(from: Self.from, until: nil))
        #expect(!begun.contains(Self.from.advanced(by: .milliseconds(-1))))
        #expect(begun.contains(Self.from))
        #expect(begun.contains(Timestamp(millisecondsSinceEpoch: .max)))
        let ending = try #require(Validity(from: nil, until: Self.until))
        #expect(ending.contains(Timestamp(millisecondsSinceEpoch: .min)))
        #expect(ending.contains(Self.until.advanced(by: .milliseconds(-1))))
        #expect(!ending.contains(Self.until))
    }

    @Test func `Without limits it is always`() {
        #expect(Validity(from: nil, until: nil) == .always)
        #expect(Self.ends.allSatisfy { Validity.always.contains($0) })
    }

    @Test func `One millisecond is a window, nothing and less is none`() throws {
        let validity = try #require(Validity(from: Self.from, until: Self.from.advanced(by: .milliseconds(1))))
        #expect(validity.contains(Self.from))
        #expect(Validity(from: Self.from, until: Self.from) == nil)
        #expect(Validity(from: Self.until, until: Self.from) == nil)
    }

    @Test func `The text leaves out what is not limited`() {
        #expect(
            Validity(from: Self.from, until: Self.until)?.description
                == "2023-11-14T22:13:20.000Z..2023-11-14T22:14:20.000Z"
        )
        #expect(Validity(from: Self.from, until: nil)?.description == "2023-11-14T22:13:20.000Z..")
        #expect(Validity(from: nil, until: Self.until)?.description == "..2023-11-14T22:14:20.000Z")
        #expect(Validity.always.description == "..")
    }
}
