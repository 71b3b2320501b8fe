import Foundation
import PlatformSimulator
import Postgres
import TestSupport
import Testing
import Wire

/// A quota from the callback that asks to the callbacks that tell what became of the stream.
@Suite(.timeLimit(.minutes(2))) struct QuotaEndToEndTests {
    private struct Platform {
        let port: Int

        func ask(_ stream: String, of service: ServiceProcess) async throws -> Bool {
            let question = CallbackQuestion(app: "live", domain: "play.example.com", stream: stream)
            return try await service.ask(question).text.contains(#""NeedRecord":true"#)
        }

        func tell(_ body: String) async throws -> Int {
            let url = try #require(URL(string: "http://127.0.0.1:\(port)/callbacks/recording"))
            return try await post(url, contentType: "application/json; charset=utf-8", body: Data(body.utf8)).status
        }

        /// In this callback `app` is the ingest domain, `appname` the application and `id` the stream.
        func tellEnd(of stream: String, at time: Int) async throws -> Int {
            let query = "action=publish_done&app=push.example.com&appname=live&id=\(stream)&time=\(time)&ip=192.0.2.1"
            return try await get(try #require(URL(string: "http://127.0.0.1:\(port)/callbacks/ingest?\(query)"))).status
        }
    }

    @Test func `A place is taken by the answer, and given back by the end of the stream`() async throws {
        try await Deployment.with { deployment in
            let service = try await deployment.start(.serve)
            try await deployment.run(
                "quotas",
                "set",
                "one",
                "--scope",
                "domain",
                "--concurrent",
                "1",
                "--minutes",
                "90"
            )
            try await deployment.run("rules", "add", "--domain", "play.example.com", "--record", "--quota", "one")
            try await deployment.database.withConnection(role: "needrecord_operator") { connection in
                try await connection.simpleQuery(
                    "INSERT INTO needrecord.ingest_domains VALUES ('push.example.com', 'play.example.com')"
                )
            }
            let platform = Platform(port: try await service.callbackPort())

            #expect(try await platform.ask("a", of: service))
            #expect(try await platform.ask("a", of: service))
            #expect(try await !platform.ask("b", of: service))

            let names = #""domain":"play.example.com","app":"live","stream":"a""#
            #expect(try await platform.tell("{\(names),\"event\":\"record_started\"}") == 200)
            let now = Int(Date().timeIntervalSince1970)
            let file = #""uri":"live/a/0.mp4","duration":3600.5,"start_time":\#(now),"stop_time":\#(now + 1)"#
            // The platform repeats what was answered too late for it.
            for _ in 0..<3 { #expect(try await platform.tell("{\(names),\(file)}") == 200) }
            try await eventually("the file to be charged once") {
                try await deployment.run("quotas", "usage", "one").contains("60/90")
            }
            #expect(try await !platform.ask("b", of: service))

            #expect(try await platform.tellEnd(of: "a", at: now + 5) == 200)
            try await eventually("the place to be free") {
                try await deployment.run("quotas", "usage", "one").contains(" 0/1 ")
            }
            #expect(try await platform.ask("b", of: service))
            #expect(try await service.status().counters["audit.recorded_files"] == 1)
            #expect(try await service.status().counters["audit.repeated"] == 2)
            #expect(try await deployment.run("reservations", "list", "--all").contains("stream_ended"))
        }
    }

    @Test func `An answer that a shadow would have changed is counted and kept`() async throws {
        try await Deployment.with { deployment in
            let service = try await deployment.start(.serve)
            try await deployment.recordEverything()
            let file = FileManager.default.temporaryDirectory.appendingPathComponent(
                "\(deployment.topology.namespace).yaml"
            )
            try Data("rules: [{ skip: true }]".utf8).write(to: file)
            defer { try? FileManager.default.removeItem(at: file) }
            try await deployment.run("rules", "publish", file.path, "--shadow", "--note", "nothing at all")
            #expect(try await service.ask(.example).text == DocumentedAnswer.record)
            try await eventually("the difference") { try await service.status().counters["shadow.different"] == 1 }
            try await deployment.run("rules", "shadow", "promote", "default")
            #expect(try await service.ask(.example).text == DocumentedAnswer.doNotRecord)
        }
    }
}
