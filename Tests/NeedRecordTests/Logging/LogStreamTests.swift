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
                #expect(line == "needrecord: \(number) lines are left out here, which could not be written in time")
                next += number
            }
        }
        #expect(next == count)
        #expect(try await reading.value.hasSuffix("\nthe end\n"))
        #expect(try await reading.value.contains("left out"))
    }

    @Test func `What cannot be written is counted, and told when something can`() throws {
        let pipe = Pipe()
        let writing = pipe.fileHandleForWriting.fileDescriptor
        // A device without room.
        let full = open("/dev/full", O_WRONLY)
        let stream = LogStream(descriptor: full)
        for line in ["1\n2\n", "3\n"] {
            stream.write(line)
            stream.flush(within: .seconds(10))
        }
        // Now it has some.
        #expect(dup2(writing, full) == full)
        for line in ["4\n", "5\n"] {
            stream.write(line)
            stream.flush(within: .seconds(10))
        }
        close(full)
        try pipe.fileHandleForWriting.close()
        let lines = try text(of: pipe).split(separator: "\n")
        #expect(lines == ["needrecord: 4 lines are left out here, which could not be written in time", "5"])
    }
}

private func text(of pipe: Pipe) throws -> String {
    String(decoding: try pipe.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
}
