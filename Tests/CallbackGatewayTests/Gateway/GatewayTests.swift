import Testing

/// The gateway over HTTP.
///
/// One suite after the other: some of them do to the broker what every connection feels, and some measure time.
@Suite(.serialized, .timeLimit(.minutes(2))) enum GatewayTests {}
