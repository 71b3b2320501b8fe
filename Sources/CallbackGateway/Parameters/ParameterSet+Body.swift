internal import NIOCore

extension ParameterSet {
    /// Takes the parameters of a body.
    ///
    /// - Throws: ``BadCallback`` when it is not what its media type announces.
    mutating func add(_ body: RequestBody) throws(BadCallback) {
        switch body.type {
        case .json: try addJSON(Array(buffer: body.bytes))
        case .form: addForm(body.bytes.readableBytesView)
        case nil: break
        }
    }
}
