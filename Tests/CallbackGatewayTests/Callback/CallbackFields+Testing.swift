import DecisionCore

@testable import CallbackGateway

extension CallbackFields {
    /// The fields of a query or a form.
    init(form: String) {
        self.init()
        addForm(form.utf8)
    }

    /// The fields of a JSON body.
    init(json: String) throws(BadCallback) {
        self.init()
        try addJSON(Array(json.utf8))
    }

    /// The event of these fields, whatever its id.
    func event() throws(BadCallback) -> StreamEvent {
        try event(id: EventID(high: 0x7000, low: 1 << 63), receivedAt: Timestamp(millisecondsSinceEpoch: 0))
    }

    /// What is wrong with these fields.
    func fault() -> BadCallback? {
        do throws(BadCallback) {
            _ = try event()
            return nil
        } catch {
            return error
        }
    }
}
