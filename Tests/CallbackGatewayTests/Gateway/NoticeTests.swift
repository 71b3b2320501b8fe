import AMQP
import DecisionCore
import Foundation
import ReplyCorrelator
import TestSupport
import Testing
import Wire

@testable import CallbackGateway

extension GatewayTests {
    /// A notice on its way through a gateway and a real broker.
    @Suite struct NoticeTests {
        private static let status =
            #"{"domain":"gs_domain","app":"gs_app","stream":"gs_stream","event":"record_started"}"#
        private static let ingest = "/callbacks/ingest?action=publish&app=i&appname=a&id=s&time=1"

        private func withGateway(
            configure: (inout GatewayConfiguration) -> Void = { _ in },
            _ body: (RunningGateway, HTTPConnection, Topology) async throws -> Void
        ) async throws {
            try await ProductBroker.withTopology { topology in
                try await RunningGateway.with(
                    topology: topology,
                    amqp: ProductBroker.configuration(),
                    configure: configure
                ) { gateway in
                    try await gateway.waitUntilReady()
                    let connection = try await gateway.connect()
                    defer { connection.close() }
                    try await body(gateway, connection, topology)
                }
            }
        }

        @Test func `The documented status callback is in the stream when it is answered`() async throws {
            try await withGateway { gateway, connection, topology in
                let answer = try await connection.post(
                    "/callbacks/recording",
                    type: "application/json; charset=utf-8",
                    body: Self.status
                )
                #expect(answer.status == 200)
                #expect(answer.text == #"{"Code":0,"Msg":"Success"}"#)
                #expect(answer.headers["content-type"] == "application/json; charset=utf-8")
                let id = try #require(answer.headers["x-needrecord-event"].flatMap { EventID($0) })
                try await OutcomesReader.with(topology) { reader in
                    let notice = try await reader.notices(1)[0]
                    #expect(notice.id == id)
                    #expect(notice.receivedAt == id.timestamp)
                    #expect(
                        notice.content
                            == .recordingStatus(
                                RecordingStatus(
                                    domain: "gs_domain",
                                    app: "gs_app",
                                    stream: "gs_stream",
                                    event: .started
                                )
                            )
                    )
                    let delivery = try await reader.deliveries(1)[0]
                    #expect(delivery.routingKey == "callback.recording")
                    #expect(delivery.properties.messageID == id.description)
                    #expect(delivery.properties.type == "callback.recording")
                    #expect(delivery.properties.appID == "tested")
                }
                #expect(gateway.gateway.noticeCounters.kept == 1)
                #expect(gateway.gateway.counters.received == 0)
            }
        }

        @Test func `The documented file callback is kept with all that it says`() async throws {
            let body = """
                {"domain":"demo.aliyundoc.com","app":"liveApp","stream":"liveStream",\
                "uri":"liveApp/liveStream/0_2017-03-08-23:09:46_2017-03-08-23:10:40.flv","duration":69.403,\
                "start_time":1488985786,"stop_time":1488985840,\
                "push_args":{"callback_args1":"value1","callback_myid":"1231389741"}}
                """
            try await withGateway { _, connection, topology in
                let answer = try await connection.post("/callbacks/recording", type: "application/json", body: body)
                #expect(answer.status == 200)
                try await OutcomesReader.with(topology) { reader in
                    guard case .recordedFile(let file) = try await reader.notices(1)[0].content else {
                        Issue.record("not a file")
                        return
                    }
                    #expect(file.uri == "liveApp/liveStream/0_2017-03-08-23:09:46_2017-03-08-23:10:40.flv")
                    #expect(file.durationMilliseconds == 69_403)
                    #expect(file.stopTime - file.startTime == 54)
                    #expect(file.pushArguments == ["callback_args1": "value1", "callback_myid": "1231389741"])
                }
            }
        }

        @Test func `The documented ingest callback does not fall into the naming trap`() async throws {
            try await withGateway { _, connection, topology in
                let answer = try await connection.get(
                    "/callbacks/ingest?action=publish&ip=192.168.XX.XX&id=world&app=example.aliyundoc.com"
                        + "&appname=liveApp&time=1609220385&usrargs={user%20args}&node=cdnvideocenter010207116011.cm3"
                        + "&height=720&width=1280"
                )
                #expect(answer.status == 200)
                #expect(answer.text == #"{"Code":0,"Msg":"Success"}"#)
                try await OutcomesReader.with(topology) { reader in
                    let delivery = try await reader.deliveries(1)[0]
                    #expect(delivery.routingKey == "callback.ingest")
                    let body = try #require(
                        JSONSerialization.jsonObject(with: Data(delivery.body)) as? [String: Any]
                    )
                    #expect(body["kind"] as? String == "ingest")
                    #expect(body["ingest_domain"] as? String == "example.aliyundoc.com")
                    #expect(body["app"] as? String == "liveApp")
                    #expect(body["stream"] as? String == "world")
                    #expect(body["usrargs"] as? String == "{user args}")
                }
            }
        }

        @Test func `A server of one's own may post an ingest callback, as JSON or as a form`() async throws {
            try await withGateway { _, connection, topology in
                let form = "application/x-www-form-urlencoded"
                for (target, type, body) in [
                    (
                        "/callbacks/ingest", "application/json",
                        #"{"action":"publish_done","app":"i","appname":"a","id":"s","time":1}"#
                    ),
                    ("/callbacks/ingest", form, "action=publish_done&app=i&appname=a&id=s&time=1"),
                    ("/callbacks/ingest?action=publish_done&app=i", form, "appname=a&id=s&time=1"),
                ] {
                    #expect(try await connection.post(target, type: type, body: body).status == 200)
                }
                let expected = Notice.Content.ingest(
                    IngestStatus(action: .publishDone, ingestDomain: "i", app: "a", stream: "s", time: 1)
                )
                try await OutcomesReader.with(topology) { reader in
                    let notices = try await reader.notices(3)
                    #expect(notices.allSatisfy { $0.content == expected })
                }
            }
        }

        @Test func `A notice that the platform repeats is kept again, under an id of its own`() async throws {
            try await withGateway { gateway, connection, topology in
                var ids: [String] = []
                for _ in 0..<2 {
                    let answer = try await connection.post(
                        "/callbacks/recording",
                        type: "application/json",
                        body: Self.status
                    )
                    ids.append(try #require(answer.headers["x-needrecord-event"]))
                }
                try await OutcomesReader.with(topology) { reader in
                    let notices = try await reader.notices(2)
                    #expect(notices.map(\.id.description) == ids)
                    #expect(Set(ids).count == 2)
                    #expect(notices[0].content == notices[1].content)
                }
                #expect(gateway.gateway.noticeCounters.received == 2)
                #expect(gateway.gateway.noticeCounters.kept == 2)
            }
        }

        @Test func `Many notices and questions at once are each kept and answered`() async throws {
            try await withGateway { gateway, _, topology in
                try await ScriptedWorker.with(topology, answer: { _ in .record }) { _ in
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        for number in 0..<200 {
                            group.addTask {
                                let target =
                                    number % 2 == 0
                                    ? "/callbacks/ingest?action=publish&app=i&appname=a&id=s\(number)&time=1"
                                    : "/?domain=d&app=a&stream=s"
                                let answer = try await gateway.get(target)
                                #expect(answer.status == 200)
                            }
                        }
                        try await group.waitForAll()
                    }
                }
                try await OutcomesReader.with(topology) { reader in
                    let notices = try await reader.notices(100)
                    #expect(Set(notices.map(\.content)).count == 100)
                    #expect(Set(notices.map(\.id)).count == 100)
                }
                #expect(gateway.gateway.noticeCounters.kept == 100)
                #expect(gateway.gateway.counters.recorded == 100)
            }
        }

        @Test func `A notice needs no way for replies`() async throws {
            try await withGateway { gateway, connection, _ in
                gateway.gateway.repliesDown()
                #expect(gateway.gateway.brokerState == "interrupted")
                let answer = try await connection.get(Self.ingest)
                #expect(answer.status == 200)
            }
        }

        @Test func `What cannot be understood is answered 400, named, and not kept`() async throws {
            try await withGateway { gateway, connection, topology in
                for (target, type, body, code, field) in [
                    ("/callbacks/recording", "application/json", "", "malformed_body", nil),
                    ("/callbacks/recording", "application/json", "domain=d", "malformed_body", nil),
                    ("/callbacks/recording", nil, "", "malformed_body", nil),
                    ("/callbacks/recording", "application/json", "{}", "missing_parameter", "event"),
                    (
                        "/callbacks/recording", "application/json", #"{"event":"record_started","uri":"u"}"#,
                        "contradictory_parameter", "event"
                    ),
                    (
                        "/callbacks/recording", "application/json", #"{"domain":"d","app":"a","event":"e"}"#,
                        "missing_parameter", "stream"
                    ),
                    // The members of a recording callback come in its body only.
                    ("/callbacks/recording?stream=s", "application/json", "{}", "missing_parameter", "event"),
                    ("/callbacks/ingest", nil, "", "missing_parameter", "action"),
                    (Self.ingest.replacing("time=1", with: "time=253402300799"), nil, "", "out_of_range", "time"),
                    (Self.ingest, "application/json", #"{"id":"other"}"#, "contradictory_parameter", "id"),
                ] as [(String, String?, String, String, String?)] {
                    let answer = try await connection.post(target, type: type, body: body)
                    #expect(answer.status == 400)
                    #expect(answer.error("code") == code, "\(target) \(body)")
                    #expect(answer.error("field") == field, "\(target) \(body)")
                    #expect(answer.headers["x-needrecord-event"] == nil)
                }
                #expect(gateway.gateway.counters.rejected == [400: 10])
                #expect(gateway.gateway.noticeCounters == NoticeCounters())
                // What is kept afterwards is all there is.
                #expect(try await connection.get(Self.ingest).status == 200)
                try await OutcomesReader.with(topology) { _ = try await $0.notices(1) }
            }
        }

        @Test func `A path takes its own methods and types`() async throws {
            try await withGateway { _, connection, _ in
                let get = try await connection.get("/callbacks/recording")
                #expect(get.status == 405)
                #expect(get.headers["allow"] == "POST")
                let form = try await connection.post(
                    "/callbacks/recording",
                    type: "application/x-www-form-urlencoded",
                    body: "domain=d"
                )
                #expect(form.status == 415)
                #expect(form.error("message") == "the body must be application/json")
                let text = try await connection.post("/callbacks/ingest", type: "text/plain", body: "x")
                #expect(text.status == 415)
                #expect(
                    text.error("message")?.hasSuffix("application/json or application/x-www-form-urlencoded") == true
                )
                let head = try await connection.head("/callbacks/ingest")
                #expect(head.status == 405)
                #expect(head.headers["allow"] == "GET, POST")
                for path in ["/callbacks/recording//", "/callbacks", "/callbacks/Ingest"] {
                    #expect(try await connection.get(path).status == 404)
                }
            }
        }

        @Test func `What a pusher writes may be long, and is kept as far as it may be`() async throws {
            let long = String(repeating: "x", count: 15_000)
            let arguments = (0..<64).map { #""callback_\#($0)":"\#(long)""# }.joined(separator: ",")
            let file = """
                {"domain":"d","app":"a","stream":"s","uri":"u","duration":1,"start_time":1,"stop_time":2,\
                "push_args":{\(arguments)}}
                """
            let query = String(repeating: "%41", count: 21_000)
            // What an on-demand callback may have is not what a notice may have.
            try await withGateway(configure: {
                $0.maximumTargetLength = 1_024
                $0.maximumBodyLength = 1_024
            }) { _, connection, topology in
                let posted = try await connection.post("/callbacks/recording", type: "application/json", body: file)
                #expect(posted.status == 200)
                #expect(try await connection.get("\(Self.ingest)&usrargs=\(query)&height=7").status == 200)
                try await OutcomesReader.with(topology) { reader in
                    let notices = try await reader.notices(2)
                    guard case .recordedFile(let file) = notices[0].content,
                        case .ingest(let ingest) = notices[1].content
                    else {
                        Issue.record("not a file and a stream")
                        return
                    }
                    #expect(file.pushArguments.count == 64)
                    #expect(file.pushArguments.values.allSatisfy { $0.utf8.count == 4_096 })
                    #expect(ingest.pushArguments == String(repeating: "A", count: 4_096))
                    #expect(ingest.height == 7)
                }
                #expect(try await connection.get("/?x=\(query)").status == 414)
            }
        }

        @Test func `A body of more than a mebibyte is answered 413`() async throws {
            try await withGateway { gateway, connection, _ in
                let answer = try await connection.exchange(
                    "POST /callbacks/recording HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 1048577\r\n\r\n"
                )
                #expect(answer.status == 413)
                try await connection.waitUntilClosed()
                #expect(gateway.gateway.noticeCounters.received == 0)
            }
        }

        @Test func `A target of more than 65,536 bytes is answered 414`() async throws {
            try await withGateway { gateway, connection, _ in
                let rest = String(repeating: "x", count: 65_536 - Self.ingest.utf8.count - 3)
                #expect(try await connection.get("\(Self.ingest)&x=\(rest)").status == 200)
                #expect(try await connection.get("\(Self.ingest)&x=\(rest)x").status == 414)
                try await connection.waitUntilClosed()
                #expect(gateway.gateway.noticeCounters.kept == 1)
            }
        }

        @Test func `Header fields that are too long are refused after a long target too`() async throws {
            try await withGateway { gateway, connection, _ in
                let target = "\(Self.ingest)&x=" + String(repeating: "x", count: 60_000)
                let field = "X-Long: \(String(repeating: "x", count: 16_000))\r\n"
                let request = "GET \(target) HTTP/1.1\r\nHost: gateway\r\n"
                #expect(try await connection.exchange("\(request)\(field)\r\n").status == 200)
                let more = "X-More: \(String(repeating: "x", count: 400))\r\n"
                #expect(try await connection.exchange("\(request)\(field)\(more)\r\n").status == 431)
                try await connection.waitUntilClosed()
                #expect(gateway.gateway.noticeCounters.kept == 1)
            }
        }

        @Test func `A slash at the end of a path costs no notice`() async throws {
            try await withGateway(configure: {
                $0.recordingPaths = ["/r/"]
                $0.ingestPaths = ["/i"]
            }) { _, connection, _ in
                for path in ["/r", "/r/"] {
                    let answer = try await connection.post(path, type: "application/json", body: Self.status)
                    #expect(answer.status == 200)
                }
                for path in ["/i", "/i/"] {
                    let target = Self.ingest.replacing("/callbacks/ingest", with: path)
                    #expect(try await connection.get(target).status == 200)
                }
                #expect(try await connection.get("/callbacks/on-demand/?domain=d&app=a&stream=s").status == 404)
            }
        }

        @Test func `The paths are configurable`() async throws {
            try await withGateway(configure: {
                $0.recordingPaths = ["/r", "/s"]
                $0.ingestPaths = ["/i"]
            }) { _, connection, _ in
                for path in ["/r", "/s"] {
                    let answer = try await connection.post(path, type: "application/json", body: Self.status)
                    #expect(answer.status == 200)
                }
                #expect(try await connection.get("/i?action=publish&app=i&appname=a&id=s&time=1").status == 200)
                #expect(try await connection.get(Self.ingest).status == 404)
            }
        }
    }
}
