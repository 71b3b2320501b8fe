internal import DecisionCore

/// The parameters of an on-demand callback.
typealias CallbackFields = ParameterSet<CallbackParameter>

extension CallbackFields {
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
            domain: try text(.domain),
            app: try text(.app),
            stream: try text(.stream),
            bitrate: bitrate,
            codec: codec,
            anomalies: anomalies
        )
    }

    private func bitrate(_ anomalies: inout [EventAnomaly]) -> Int? {
        switch self[.vbitrate] {
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
        switch self[.codec] {
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
