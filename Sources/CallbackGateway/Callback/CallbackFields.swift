internal import DecisionCore

/// The parameters of one callback, gathered from its query and its body, in whatever order they came.
struct CallbackFields {
    /// What was given for a parameter.
    enum Value: Equatable {
        case text(String)
        case malformed(BadCallback.Code)

        static func == (left: Value, right: Value) -> Bool {
            switch (left, right) {
            // Names are bytes to the platform: canonically equivalent Unicode spellings are different streams.
            case (.text(let left), .text(let right)): left.utf8.elementsEqual(right.utf8)
            case (.malformed(let left), .malformed(let right)): left == right
            default: false
            }
        }
    }

    private var values: [CallbackParameter: Value] = [:]

    /// Takes a parameter that was given, perhaps again.
    mutating func set(_ parameter: CallbackParameter, _ value: Value) {
        guard let earlier = values[parameter] else {
            values[parameter] = value
            return
        }
        // Said twice is fine; two different answers to the same question are not for us to choose from.
        if earlier != value { values[parameter] = .malformed(.contradictory) }
    }

    /// The event that was described.
    ///
    /// - Throws: ``BadCallback`` that names the first required parameter at fault, in the order domain, app, stream.
    func event(id: EventID, receivedAt: Timestamp) throws(BadCallback) -> StreamEvent {
        var anomalies: [EventAnomaly] = []
        let bitrate = bitrate(&anomalies)
        let codec = codec(&anomalies)
        return StreamEvent(
            id: id,
            receivedAt: receivedAt,
            domain: try name(.domain),
            app: try name(.app),
            stream: try name(.stream),
            bitrate: bitrate,
            codec: codec,
            anomalies: anomalies
        )
    }

    private func name(_ parameter: CallbackParameter) throws(BadCallback) -> String {
        let field = parameter.rawValue
        switch values[parameter] {
        case nil:
            throw BadCallback(.missing, field: field, "the parameter \(field) is missing")
        case .malformed(let code):
            throw BadCallback(code, field: field, Self.message(code, field))
        case .text(let text):
            if let code = Self.fault(in: text) { throw BadCallback(code, field: field, Self.message(code, field)) }
            return text
        }
    }

    private static func fault(in name: String) -> BadCallback.Code? {
        if name.isEmpty { return .empty }
        if name.utf8.count > NamePattern.maximumLength { return .tooLong }
        if name.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) {
            return .controlCharacter
        }
        return nil
    }

    private static func message(_ code: BadCallback.Code, _ field: String) -> String {
        switch code {
        case .empty: "the parameter \(field) is empty"
        case .tooLong: "the parameter \(field) is longer than \(NamePattern.maximumLength) bytes"
        case .invalidEncoding: "the parameter \(field) is not percent-encoded UTF-8"
        case .controlCharacter: "the parameter \(field) holds a control character"
        case .contradictory: "the parameter \(field) is given twice with different values"
        default: "the parameter \(field) is not a string"
        }
    }

    private func bitrate(_ anomalies: inout [EventAnomaly]) -> Int? {
        switch values[.vbitrate] {
        case nil:
            return nil
        case .text(let text):
            // Int32's own reader would take a leading plus sign, which in a query is an encoded space.
            if text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }), let rate = Int32(text) {
                return Int(rate)
            }
        case .malformed:
            break
        }
        anomalies.append(.malformedBitrate)
        return nil
    }

    /// An absent codec is H.264: an older edition of the platform's documentation says so.
    private func codec(_ anomalies: inout [EventAnomaly]) -> VideoCodec? {
        switch values[.codec] {
        case nil:
            return .h264
        case .text(let text):
            if let codec = VideoCodec(rawValue: text.lowercased()) { return codec }
        case .malformed:
            break
        }
        anomalies.append(.unknownCodec)
        return nil
    }
}
