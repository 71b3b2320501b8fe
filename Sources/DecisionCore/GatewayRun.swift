/// One run of a gateway process: what received a callback, answered it, and counts how many there were.
///
/// A gateway that is started again under its old name is another run, so what one run counted can be compared with what
/// it left behind, however it ended.
public struct GatewayRun: Sendable, Hashable {
    /// The gateway's name; 1 to 255 bytes.
    public var gateway: String
    /// Tells this run from every other; made like the id of an event, when the process starts.
    public var id: EventID

    /// Describes a run.
    public init(gateway: String, id: EventID) {
        self.gateway = gateway
        self.id = id
    }
}
