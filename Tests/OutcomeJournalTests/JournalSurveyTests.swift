import Glibc
import Testing

@testable import OutcomeJournal

@Suite struct JournalSurveyTests {
    @Test func `A journal is seen from outside, by whom it is open, and nothing is changed`() async throws {
        let directory = try ScratchDirectory()
        let empty = JournalSurvey(of: directory.path)
        #expect(empty.exists)
        #expect(empty.failure == nil)
        #expect(empty.syncTime != nil)
        #expect(empty.holder == nil)
        #expect(empty.segmentBytes == 0)
        #expect(try #require(empty.availableBytes) > 0)
        #expect(directory.names.isEmpty)

        let journal = try await Journal.open(directory.configuration())
        try await journal.keep([1, 2, 3])
        let open = JournalSurvey(of: directory.path)
        #expect(open.holder?.processID == getpid())
        #expect(open.holder?.name.isEmpty == false)
        #expect(open.segmentBytes == journal.status.bytes)
        await journal.close()
        let closed = JournalSurvey(of: directory.path)
        #expect(closed.holder == nil)
        #expect(closed.segmentBytes == open.segmentBytes)
    }

    @Test func `Of a directory that is missing, the one is looked at that it would be made in`() throws {
        let directory = try ScratchDirectory()
        let missing = JournalSurvey(of: directory.path + "/a/b")
        #expect(!missing.exists)
        #expect(missing.directory == directory.path)
        #expect(missing.failure == nil)
        #expect(directory.names.isEmpty)
        #expect(JournalSurvey(of: "no-such-journal").directory == ".")
        #expect(JournalSurvey(of: "/no-such-journal").directory == "/")
    }

    @Test func `A file is no directory, and what is set aside is counted`() throws {
        let directory = try ScratchDirectory()
        try directory.write([], to: "00000000000000000001.journal.corrupt")
        #expect(JournalSurvey(of: directory.path).corruptFiles == 1)
        try directory.write([], to: "file")
        let file = JournalSurvey(of: directory.path + "/file")
        #expect(file.failure == .system(operation: "open \(directory.path)/file", errorNumber: ENOTDIR))
    }

    @Test(arguments: [
        "1: POSIX  ADVISORY  WRITE 4242 fe:00:1835 0 EOF", "1: -> FLOCK  ADVISORY  WRITE 4242 fe:00:1835 0 EOF",
        "1: FLOCK  ADVISORY  WRITE x fe:00:1835 0 EOF", "1: FLOCK  ADVISORY  WRITE 4242 fe:1835 0 EOF", "",
    ])
    func `What is no held lock of a file is passed over`(line: String) {
        #expect(JournalSurvey.Lock(line) == nil)
    }

    @Test func `A held lock names its process and its file`() throws {
        let lock = try #require(JournalSurvey.Lock("12: FLOCK  ADVISORY  WRITE 4242 fe:0a:1835 0 EOF"))
        #expect(lock.processID == 4_242)
        #expect(lock.device == (0xFE, 0x0A))
        #expect(lock.inode == 1_835)
    }
}
