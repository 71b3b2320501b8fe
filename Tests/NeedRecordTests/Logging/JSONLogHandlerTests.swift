import DecisionCore
import Foundation
import Logging
import Testing

@testable import needrecord

@Suite(.timeLimit(.minutes(1))) struct JSONLogHandlerTests {
    private static func line(_ log: (Logger) -> Void) throws -> String {
        let pipe = Pipe()
        let stream = LogStream(descriptor: pipe.fileHandleForWriting.fileDescriptor)
        let handler = JSONLogHandler(label: "needrecord.gateway", stream: stream) {
            Timestamp(millisecondsSinceEpoch: 1_700_000_000_123)
        }
        log(Logger(label: "needrecord.gateway", factory: { _ in handler }))
        stream.flush(within: .seconds(10))
        try pipe.fileHandleForWriting.close()
        return String(decoding: try #require(try pipe.fileHandleForReading.readToEnd()), as: UTF8.self)
    }

    @Test func `An event is one line, its metadata in the order of their names`() throws {
        let line = try Self.line { $0.warning("answered the default", metadata: ["event": "e-1", "cause": "timeout"]) }
        #expect(
            line == #"{"time":"2023-11-14T22:13:20.123Z","level":"warning","logger":"needrecord.gateway","#
                + #""message":"answered the default","cause":"timeout","event":"e-1"}"# + "\n"
        )
    }

    @Test func `Whatever a message holds, it stays one line of JSON`() throws {
        let text = "a \"quoted\" \\ line\nand another\u{1}"
        let line = try Self.line { logger in
            var logger = logger
            logger[metadataKey: "kept"] = "1"
            logger.error("\(text)", metadata: ["message": "mine", "list": ["a", ["b": "c"]]])
        }
        #expect(line.count(where: { $0 == "\n" }) == 1)
        let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: String])
        #expect(object["message"] == text)
        #expect(object["metadata_message"] == "mine")
        #expect(object["kept"] == "1")
        #expect(object["list"] == #"["a", ["b": "c"]]"#)
    }

    @Test func `What a process ends with is a line of JSON, too`() async throws {
        let failed = try await NeedRecordRun.run(
            "health",
            "--ops-port",
            "1",
            settings: ["NEEDRECORD_LOG_FORMAT": "json"]
        )
        #expect(failed.status == 1)
        let object = try #require(failed.json as? [String: String], "\(failed.text)")
        #expect(object["level"] == "critical")
        #expect(object["message"]?.hasPrefix("no answer from http://127.0.0.1:1/health/live") == true)
    }

    @Test func `An error of the event is told`() throws {
        let line = try Self.line { $0.error("failed", error: Failure("no room")) }
        #expect(line.contains(#""error":"no room""#))
    }

    @Test func `Passwords are hidden in messages and metadata`() throws {
        let line = try Self.line {
            $0.error("amqp://a:geheim@h/v refused", metadata: ["error": "host=h password=geheim user=a"])
        }
        #expect(!line.contains("geheim"))
        #expect(line.contains("amqp://***@h/v refused"))
        #expect(line.contains("host=h password=*** user=a"))
    }
}

struct LogSecretsTests {
    @Test(arguments: [
        ("nothing here", "nothing here"),
        ("http://h/p?q=a@b", "http://h/p?q=a@b"),
        ("amqp://user:pass@h:5672/v", "amqp://***@h:5672/v"),
        ("amqps://u:p%40q@h1,h2 and postgresql://u:p@h/d.", "amqps://***@h1,h2 and postgresql://***@h/d."),
        ("postgresql://u:p@q@h/d", "postgresql://***@h/d"),
        ("://", "://"),
        ("a://b", "a://b"),
        ("host=h password=p", "host=h password=***"),
        ("password='a b\\'c' user=x", "password=*** user=x"),
        ("password='open", "password=***"),
        ("a password='open and more\n", "a password=***\n"),
        ("password=", "password="),
        ("?password=p&x=1", "?password=***&x=1"),
    ])
    func `What stands before the at sign of a URL, and after password=, is hidden`(_ text: String, _ shown: String) {
        #expect(LogSecrets.hidden(in: text) == shown)
    }
}
