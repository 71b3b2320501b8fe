import DecisionCore
import TestSupport
import Testing

@testable import EventReplay

@Suite(.timeLimit(.minutes(1))) struct PushLengthsTests {
    @Test func `A push lasts from its last attempt until the stream ends`() async throws {
        try await Trail.with { trail, _ in
            // Two attempts of one push, whose end is told; later another push, whose end nobody told.
            try await trail.outcome(1, at: 0)
            try await trail.outcome(2, at: 2)
            try await trail.end(at: 3_602)
            try await trail.outcome(3, at: 4_000)
            let ids = [Trail.id(1, at: 0), Trail.id(2, at: 2), Trail.id(3, at: 4_000), EventID.number(77)]
            let lengths = try await PushLengths.lengths(of: ids, on: trail.connection)
            #expect(lengths[ids[0]]?.isLastAttempt == false)
            #expect(lengths[ids[1]] == PushLengths.Length(isLastAttempt: true, seconds: 3_600))
            #expect(lengths[ids[2]] == PushLengths.Length(isLastAttempt: true, seconds: nil))
            #expect(lengths[ids[3]] == nil)
        }
    }

    @Test func `Where nobody tells of the end, the last file does`() async throws {
        try await Trail.with { trail, _ in
            try await trail.outcome(1, at: 0)
            try await trail.file(from: 5, to: 305)
            try await trail.file(from: 305, to: 425)
            let id = Trail.id(1, at: 0)
            let lengths = try await PushLengths.lengths(of: [id], on: trail.connection)
            #expect(lengths == [id: PushLengths.Length(isLastAttempt: true, seconds: 425)])
        }
    }

    @Test func `A push is over with the next one, whatever a file says, and other streams are others`() async throws {
        try await Trail.with { trail, _ in
            try await trail.outcome(1, at: 0)
            try await trail.outcome(2, at: 100)
            try await trail.file(from: 5, to: 500)
            try await trail.outcome(3, at: 10, stream: "t")
            try await trail.end(at: 50, stream: "u")
            let ids = [Trail.id(1, at: 0), Trail.id(3, at: 10)]
            let lengths = try await PushLengths.lengths(of: ids, on: trail.connection)
            #expect(lengths[ids[0]] == PushLengths.Length(isLastAttempt: true, seconds: 100))
            #expect(lengths[ids[1]] == PushLengths.Length(isLastAttempt: true, seconds: nil))
        }
    }
}
