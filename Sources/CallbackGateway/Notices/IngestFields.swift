internal import DecisionCore

/// The parameters of a stream ingest callback.
typealias IngestFields = ParameterSet<IngestParameter>

extension IngestFields {
    /// What was told. An optional parameter that is not right is taken as absent: it must not cost the notice.
    ///
    /// - Throws: ``BadCallback`` that names the first required parameter at fault.
    func content(receivedAt: Timestamp) throws(BadCallback) -> Notice.Content {
        let pixels = Int64(IngestStatus.pixelRange.lowerBound)...Int64(IngestStatus.pixelRange.upperBound)
        return .ingest(
            IngestStatus(
                action: try action(),
                ingestDomain: try text(.app),
                app: try text(.appname),
                stream: try text(.id),
                time: try wholeNumber(.time, in: Notice.timeRange(receivedAt: receivedAt)),
                clientIP: optionalText(.ip),
                pushArguments: foreignText(.usrargs, maximumLength: Notice.maximumPushTextLength),
                node: optionalText(.node),
                height: optionalWholeNumber(.height, in: pixels).map(Int.init),
                width: optionalWholeNumber(.width, in: pixels).map(Int.init)
            )
        )
    }

    private func action() throws(BadCallback) -> IngestStatus.Action {
        guard let action = IngestStatus.Action(rawValue: try text(.action)) else {
            throw fault(.unknownValue, .action, "is neither publish nor publish_done")
        }
        return action
    }
}
