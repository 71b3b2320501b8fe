internal import Foundation
internal import Tracing

/// The body of an export request, in JSON: numbers of 64 bits are strings, ids are hexadecimal.
///
/// Source: OpenTelemetry Protocol 1.x, "JSON Protobuf Encoding", and `opentelemetry/proto/trace/v1/trace.proto`.
struct OTLPRequest: Encodable {
    struct Value: Encodable {
        var stringValue: String?
        var boolValue: Bool?
        var intValue: String?
        var doubleValue: Double?
        var arrayValue: Values?

        struct Values: Encodable {
            var values: [Value]
        }

        init(_ attribute: SpanAttribute) {
            switch attribute {
            case .int32(let value): intValue = String(value)
            case .int64(let value): intValue = String(value)
            case .double(let value): doubleValue = value
            case .bool(let value): boolValue = value
            case .string(let value): stringValue = value
            case .stringConvertible(let value): stringValue = String(describing: value)
            case .int32Array(let values): arrayValue = Values(values: values.map { Value(.int32($0)) })
            case .int64Array(let values): arrayValue = Values(values: values.map { Value(.int64($0)) })
            case .doubleArray(let values): arrayValue = Values(values: values.map { Value(.double($0)) })
            case .boolArray(let values): arrayValue = Values(values: values.map { Value(.bool($0)) })
            case .stringArray(let values): arrayValue = Values(values: values.map { Value(.string($0)) })
            case .stringConvertibleArray(let values):
                arrayValue = Values(values: values.map { Value(.string(String(describing: $0))) })
            default: stringValue = String(describing: attribute)
            }
        }
    }

    struct Attribute: Encodable {
        let key: String
        let value: Value

        static func list(_ attributes: SpanAttributes) -> [Attribute] {
            var list: [Attribute] = []
            attributes.forEach { list.append(Attribute(key: $0, value: Value($1))) }
            return list.sorted { $0.key < $1.key }
        }
    }

    struct Event: Encodable {
        let timeUnixNano: String
        let name: String
        let attributes: [Attribute]
    }

    struct Link: Encodable {
        let traceId: String
        let spanId: String
        let traceState: String?
        let attributes: [Attribute]
    }

    struct Status: Encodable {
        let code: Int
        let message: String?
    }

    struct Span: Encodable {
        let traceId: String
        let spanId: String
        let traceState: String?
        let parentSpanId: String?
        let name: String
        let kind: Int
        let startTimeUnixNano: String
        let endTimeUnixNano: String
        let attributes: [Attribute]
        let events: [Event]
        let links: [Link]
        let status: Status?
    }

    struct Scope: Encodable {
        let name: String
        let version: String
    }

    struct ScopeSpans: Encodable {
        let scope: Scope
        let spans: [Span]
    }

    struct Resource: Encodable {
        let attributes: [Attribute]
    }

    struct ResourceSpans: Encodable {
        let resource: Resource
        let scopeSpans: [ScopeSpans]
    }

    let resourceSpans: [ResourceSpans]

    /// A request with these spans, all of one process.
    init(_ spans: [RecordedSpan], resource: SpanAttributes, version: String) {
        let scope = Scope(name: "needrecord", version: version)
        resourceSpans = [
            ResourceSpans(
                resource: Resource(attributes: Attribute.list(resource)),
                scopeSpans: [ScopeSpans(scope: scope, spans: spans.map(Span.init))]
            )
        ]
    }

    /// The request's bytes.
    func encoded() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(self))
    }
}

extension OTLPRequest.Span {
    init(_ span: RecordedSpan) {
        traceId = span.context.traceIDText
        spanId = span.context.spanIDText
        traceState = span.state
        parentSpanId = span.parentID.map {
            TraceContext(traceID: span.context.traceID, spanID: $0, isSampled: true).spanIDText
        }
        name = span.name
        kind = Self.number(of: span.kind)
        startTimeUnixNano = String(span.start)
        endTimeUnixNano = String(span.end)
        attributes = OTLPRequest.Attribute.list(span.attributes)
        events = span.events.map { event in
            OTLPRequest.Event(
                timeUnixNano: String(event.nanosecondsSinceEpoch),
                name: event.name,
                attributes: OTLPRequest.Attribute.list(event.attributes)
            )
        }
        links = span.links.compactMap { link in
            guard let trace = link.context.trace else { return nil }
            return OTLPRequest.Link(
                traceId: trace.traceIDText,
                spanId: trace.spanIDText,
                traceState: link.context.traceState,
                attributes: OTLPRequest.Attribute.list(link.attributes)
            )
        }
        status = span.status.map { status in
            OTLPRequest.Status(code: status.code == .ok ? 1 : 2, message: status.message)
        }
    }

    private static func number(of kind: SpanKind) -> Int {
        switch kind {
        case .server: 2
        case .client: 3
        case .producer: 4
        case .consumer: 5
        default: 1
        }
    }
}

/// What a collector answers to an export request that it has understood.
struct OTLPResponse: Decodable {
    struct PartialSuccess: Decodable {
        /// A number of 64 bits, so it may be a string.
        let rejectedSpans: Int
        let errorMessage: String?

        private enum CodingKeys: CodingKey {
            case rejectedSpans, errorMessage
        }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            if let text = try? container.decode(String.self, forKey: .rejectedSpans) {
                rejectedSpans = Int(text) ?? 0
            } else {
                rejectedSpans = try container.decodeIfPresent(Int.self, forKey: .rejectedSpans) ?? 0
            }
            errorMessage = try container.decodeIfPresent(String.self, forKey: .errorMessage)
        }
    }

    let partialSuccess: PartialSuccess?
}
