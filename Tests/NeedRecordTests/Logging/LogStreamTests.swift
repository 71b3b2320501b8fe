import Foundation
import Testing

@testable import needrecord

@Suite(.timeLimit(.minutes(1))) struct LogStreamTests {
    @Test func `Lines come out whole and in their order`() throws {
        let pipe = Pipe()
        let stream = LogStream(descriptor: pipe.fileHandleForWriting.fileDescriptor)
        let lines = (0..<1_000).map { "line \($0)\n" }
        for line in lines { stream.write(line) }
        stream.flush(within: .seconds(10))
        try pipe.fileHandleForWriting.close()
        #expect(try text(of: pipe) == lines.joined())
    }

    @Test func `A reader that has stopped holds up nobody, and is told how much is left out`() async throws {
        let pipe = Pipe()
        let stream = LogStream(descriptor: pipe.fileHandleForWriting.fileDescriptor, maximumBytes: 10_000)
        // Far more than the pipe and the stream take; a write that waited would wait for ever.
        let count = 20_000
        for number in 0..<count { stream.write("line \(number)\n") }
        stream.flush(within: .zero)
        let reading = Task.detached { try text(of: pipe) }
        stream.flush(within: .seconds(10))
        stream.write("the end\n")
        stream.flush(within: .seconds(10))
        try pipe.fileHandleForWriting.close()
        var next = 0
        for line in try await reading.value.split(separator: "\n").dropLast() {
            if line.hasPrefix("line") {
                #expect(line == "line \(next)")
                next += 1
            } else {
                let number = try #require(line.split(separator: " ").compactMap { Int($0) }.first)
                #expect(line == "needrecord: nobody read the log, \(number) lines are left out here")
                next += number
            }
        }
        #expect(next == count)
        #expect(try await reading.value.hasSuffix("\nthe end\n"))
        #expect(try await reading.value.contains("left out"))
    }

    @Test func `What cannot be written is given up`() throws {
        let pipe = Pipe()
        let stream = LogStream(descriptor: pipe.fileHandleForReading.fileDescriptor)
        stream.write("to a file that is open for reading only\n")
        let begin = ContinuousClock.now
        stream.flush(within: .seconds(10))
        #expect(begin.duration(to: .now) < .seconds(10))
    }
}

private func text(of pipe: Pipe) throws -> String {
    String(decoding: try pipe.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
}
