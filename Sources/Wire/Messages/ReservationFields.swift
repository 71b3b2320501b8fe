internal import DecisionCore

/// The members of a reservation as they are read, before it is known whether they make one.
struct ReservationFields {
    private var quota: String?
    private var bucket: String?
    private var state: String?
    private var concurrent: Usage?
    private var minutes: Usage?
    private var month: String?

    private typealias Usage = (used: Int64?, limit: Int64?)

    init(from reader: inout JSONReader) throws(JSONError) {
        try reader.readObject { (reader, name) throws(JSONError) in
            switch name {
            case "quota": quota = try reader.readString()
            case "bucket": bucket = try reader.readString()
            case "state": state = try reader.readString()
            case "concurrent": concurrent = try Self.readUsage(from: &reader)
            case "minutes": minutes = try Self.readUsage(from: &reader)
            case "month": month = try reader.readString()
            default: try reader.skipValue()
            }
        }
    }

    private static func readUsage(from reader: inout JSONReader) throws(JSONError) -> Usage {
        var usage: Usage = (nil, nil)
        try reader.readObject { (reader, name) throws(JSONError) in
            switch name {
            case "used": usage.used = try reader.readInteger()
            case "limit": usage.limit = try reader.readInteger()
            default: try reader.skipValue()
            }
        }
        return usage
    }

    func reservation() throws(WireError) -> Reservation {
        guard let state = Reservation.State(rawValue: try Schema.require(state, "reservation.state")) else {
            throw WireError(.invalidField, "reservation.state")
        }
        return Reservation(
            quota: try Schema.require(quota, "reservation.quota"),
            bucket: try Schema.require(bucket, "reservation.bucket"),
            state: state,
            concurrent: try Self.usage(concurrent, "reservation.concurrent"),
            minutes: try Self.usage(minutes, "reservation.minutes"),
            month: month
        )
    }

    private static func usage(_ fields: Usage?, _ name: String) throws(WireError) -> Reservation.Usage? {
        guard let fields else { return nil }
        return Reservation.Usage(
            used: Int(try Schema.require(fields.used, "\(name).used")),
            limit: Int(try Schema.require(fields.limit, "\(name).limit"))
        )
    }
}
