import AMQP
import DecisionCore
import Foundation
import NIOConcurrencyHelpers
import ReplyCorrelator
import TestSupport
import Testing
import Wire

@testable import CallbackGateway

extension GatewayTests {
    /// A callback on its way through a gateway and a real broker.
    @Suite struct CallbackTests {
        @Test(arguments: ["/", "/callbacks/on-demand"])
        func `The documented callback gets the worker's decision`(path: String) async throws {
            let plan = try RecordingPlan(formats: [.mp4], intervals: [.mp4: 300])
            try await withWorker(answer: { _ in .decision(.record(plan)) }) { gateway, worker in
                let answer = try await gateway.get(
                    "\(path)?app=seq_all&domain=demo.aliyundoc.com&stream=ondemand8&vbitrate=2000&codec=h264"
                )
                #expect(answer.status == 200)
                #expect(
                    answer.text == #"{"ApiVersion":"1.0","NeedRecord":true,"Interval":{"Mp4":300},"Format":["mp4"]}"#
                )
                #expect(answer.headers["content-type"] == "application/json; charset=utf-8")
                #expect(answer.headers["content-length"] == "\(answer.body.count)")
                #expect(answer.headers["cache-control"] == "no-store")
                #expect(answer.headers["date"]?.hasSuffix(" GMT") == true)

                let event = try worker.requests()[0].event
                #expect(answer.headers["x-needrecord-event"] == event.id.description)
                #expect([event.domain, event.app, event.stream] == ["demo.aliyundoc.com", "seq_all", "ondemand8"])
                #expect(event.bitrate == 2_000)
                #expect(event.codec == .h264)
                #expect(gateway.gateway.counters.recorded == 1)
                #expect(gateway.correlator.counters.inTime == 1)
            }
        }

        @Test func `A decision to skip is counted as one`() async throws {
            try await withWorker(answer: { _ in .skip }) { gateway, _ in
                let answer = try await gateway.get("/?domain=d&app=a&stream=s")
                #expect(answer.text == #"{"ApiVersion":"1.0","NeedRecord":false}"#)
                #expect(gateway.gateway.counters.skipped == 1)
                #expect(gateway.gateway.counters.fallbacks.isEmpty)
            }
        }

        @Test func `The parameters may come in a body instead, as JSON or as a form, or in both places`() async throws {
            try await withWorker(answer: { _ in .record }) { gateway, worker in
                let connection = try await gateway.connect()
                let form = "application/x-www-form-urlencoded"
                for (target, type, body) in [
                    ("/", "application/json", #"{"domain":"d","app":"a","stream":"s","vbitrate":1,"codec":"h265"}"#),
                    (
                        "/", "Application/JSON; charset=utf-8",
                        #"{"domain":"d","app":"a","stream":"s","vbitrate":"1","codec":"H265"}"#
                    ),
                    ("/", form, "stream=s&app=a&domain=d&codec=h265&vbitrate=1"),
                    (
                        "/callbacks/on-demand", "\(form) ; charset=utf-8",
                        "stream=s&app=a&domain=d&codec=h265&vbitrate=1"
                    ),
                    ("/?domain=d&app=a&vbitrate=1", form, "stream=s&codec=h265"),
                    ("/?domain=d&app=a&stream=s&vbitrate=1&codec=h265", nil, ""),
                    ("/?domain=d&app=a&stream=s&vbitrate=1&codec=h265", form, ""),
                ] as [(String, String?, String)] {
                    let answer = try await connection.post(target, type: type, body: body)
                    #expect(answer.status == 200, "\(answer.text)")
                }
                for request in try await worker.wait(for: 7) {
                    #expect([request.event.domain, request.event.app, request.event.stream] == ["d", "a", "s"])
                    #expect(request.event.bitrate == 1)
                    #expect(request.event.codec == .h265)
                }
            }
        }

        @Test func `The message says who asks what, and until when`() async throws {
            try await withWorker(answer: { _ in .skip }) { gateway, worker in
                let before = Int64(Date().timeIntervalSince1970 * 1_000)
                let answer = try await gateway.get("/?domain=d&app=a&stream=s&vbitrate=x")
                let after = Int64(Date().timeIntervalSince1970 * 1_000)
                let delivery = worker.deliveries[0]
                let properties = delivery.properties
                let id = try #require(answer.headers["x-needrecord-event"].flatMap { EventID($0) })
                #expect((before...after).contains(id.timestamp.millisecondsSinceEpoch))
                #expect(properties.messageID == id.description)
                #expect(properties.correlationID == id.description)
                #expect(properties.contentType == "application/json")
                #expect(properties.deliveryMode == .transient)
                #expect(properties.type == "callback.on_demand")
                #expect(properties.appID == "tested")
                #expect(properties.replyTo?.contains(".replies.tested.") == true)
                #expect((1...4_000).contains(try #require(properties.expiration)))
                let timestamp = try #require(properties.timestamp)
                #expect((before / 1_000...after / 1_000).contains(Int64(timestamp)))
                let deadline = try #require(properties.headers["deadline"]?.integerValue)
                #expect((before + 4_000...after + 4_000).contains(Int64(deadline)))
                #expect(delivery.routingKey == "callback.on_demand")

                let body = try #require(JSONSerialization.jsonObject(with: Data(delivery.body)) as? [String: Any])
                #expect(body["schema"] as? Int == 1)
                #expect(body["id"] as? String == id.description)
                #expect(body["stream"] as? String == "s")
                #expect(body["vbitrate"] == nil)
                #expect(body["anomalies"] as? [String] == ["malformed_vbitrate"])
                #expect(gateway.gateway.counters.anomalies == [.malformedBitrate: 1])
            }
        }

        @Test func `The callbacks stream keeps a copy`() async throws {
            try await ProductBroker.withTopology { topology in
                try await RunningGateway.with(topology: topology, amqp: ProductBroker.configuration()) { gateway in
                    try await gateway.waitUntilReady()
                    try await ScriptedWorker.with(topology, answer: { _ in .skip }) { worker in
                        let answer = try await gateway.get("/?domain=d&app=a&stream=s")
                        try await ProductBroker.withConnection { connection in
                            let channel = try await connection.openChannel()
                            try await channel.setPrefetch(10)
                            let kept = NIOLockedValueBox<[AMQPDelivery]>([])
                            _ = try await channel.consume(
                                queue: topology.callbacksStream,
                                arguments: ["x-stream-offset": "first"],
                                onDeliveries: { deliveries in kept.withLockedValue { $0 += deliveries } }
                            )
                            try await eventually("the copy") { kept.withLockedValue { !$0.isEmpty } }
                            let copy = kept.withLockedValue { $0[0] }
                            #expect(copy.properties.messageID == answer.headers["x-needrecord-event"])
                            #expect(copy.body == worker.deliveries[0].body)
                        }
                    }
                }
            }
        }

        @Test func `Many callbacks at once each get their own decision`() async throws {
            try await withWorker(answer: { $0.stream.hasSuffix("7") ? .record : .skip }) { gateway, _ in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for number in 0..<200 {
                        group.addTask {
                            let answer = try await gateway.get("/?domain=d&app=a&stream=s\(number)")
                            #expect(answer.text.contains("true") == (number % 10 == 7), "\(number)")
                        }
                    }
                    try await group.waitForAll()
                }
                #expect(gateway.gateway.counters.received == 200)
                #expect(gateway.gateway.counters.recorded == 20)
                #expect(gateway.correlator.counters.inTime == 200)
            }
        }

        private func withWorker(
            answer: @escaping @Sendable (StreamEvent) -> Reply.Content?,
            _ body: (RunningGateway, ScriptedWorker) async throws -> Void
        ) async throws {
            try await ProductBroker.withTopology { topology in
                try await RunningGateway.with(topology: topology, amqp: ProductBroker.configuration()) { gateway in
                    try await gateway.waitUntilReady()
                    try await ScriptedWorker.with(topology, answer: answer) { try await body(gateway, $0) }
                }
            }
        }
    }
}
