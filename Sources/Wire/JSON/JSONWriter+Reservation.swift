public import DecisionCore

extension JSONWriter {
    /// Writes what a quota said, as the members `quota`, `bucket`, `state`, and where they are known `concurrent`,
    /// `minutes` (objects of `used` and `limit`) and `month`.
    public mutating func members(of reservation: Reservation) {
        member("quota", reservation.quota)
        member("bucket", reservation.bucket)
        member("state", reservation.state.rawValue)
        if let concurrent = reservation.concurrent { member("concurrent", object: { $0.members(of: concurrent) }) }
        if let minutes = reservation.minutes { member("minutes", object: { $0.members(of: minutes) }) }
        if let month = reservation.month { member("month", month) }
    }

    private mutating func members(of usage: Reservation.Usage) {
        member("used", usage.used)
        member("limit", usage.limit)
    }
}
