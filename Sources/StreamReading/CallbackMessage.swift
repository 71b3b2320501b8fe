public import AMQP
public import DecisionCore

/// A message of the callbacks stream that has an event id.
public struct CallbackMessage: Sendable {
    /// The event id.
    public var id: EventID
    /// Where it is in the stream.
    public var offset: Int64
    /// The whole message.
    public var delivery: AMQPDelivery
}
