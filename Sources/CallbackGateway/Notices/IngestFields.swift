internal import DecisionCore

/// The parameters of a stream ingest callback.
typealias IngestFields = ParameterSet<IngestParameter>

extension IngestFields {
    /// What was told.
    ///
    /// - Throws: ``BadCallback`` that names the first parameter at fault.
    func content() throws(BadCallback) -> Notice.Content {
        let pixels = Int64(IngestStatus.pixelRange.lowerBound)...Int64(IngestStatus.pixelRange.upperBound)
        return .ingest(
            IngestStatus(
                action: try action(),
                ingestDomain: try text(.app),
                app: try text(.appname),
                stream: try text(.id),
                time: try wholeNumber(.time, in: Notice.timeRange),
                clientIP: try optionalText(.ip),
                pushArguments: foreignText(.usrargs),
                node: try optionalText(.node),
                height: try optionalWholeNumber(.height, in: pixels).map(Int.init),
                width: try optionalWholeNumber(.width, in: pixels).map(Int.init)
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
