import AMQP
import DecisionCore
import Wire

extension JSONWriter {
    /// A letter. What is no text in its body is written as hexadecimal digits, so that nothing of it is lost.
    mutating func element(_ letter: DeadLetterEntry, withBody: Bool) {
        object { writer in
            let properties = letter.delivery.properties
            writer.member("id", letter.id)
            if let id = properties.messageID { writer.member("message_id", id) }
            writer.member("reason", letter.reason)
            if let time = letter.time { writer.member("time", time.description) }
            if let exchange = letter.originExchange { writer.member("origin_exchange", exchange) }
            if let key = letter.originRoutingKey { writer.member("origin_routing_key", key) }
            if let sender = letter.rejectedBy { writer.member("rejected_by", sender) }
            if let type = properties.type { writer.member("type", type) }
            if let app = properties.appID { writer.member("app_id", app) }
            if let contentType = properties.contentType { writer.member("content_type", contentType) }
            if let correlation = properties.correlationID { writer.member("correlation_id", correlation) }
            if let replyTo = properties.replyTo { writer.member("reply_to", replyTo) }
            guard withBody else { return }
            writer.member(
                "headers",
                object: { writer in
                    for entry in properties.headers.entries { writer.member(named: entry.key, entry.value.text) }
                }
            )
            if let body = String(validating: letter.delivery.body, as: UTF8.self) {
                writer.member("body", body)
            } else {
                writer.member("body_hex", letter.bodyDigits)
            }
        }
    }
}

extension DeadLetterEntry {
    /// The body as hexadecimal digits.
    var bodyDigits: String {
        delivery.body.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
