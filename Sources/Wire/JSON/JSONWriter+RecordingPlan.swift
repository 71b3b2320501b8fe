public import DecisionCore

extension JSONWriter {
    /// Writes how to record, as the members `formats` (an array) and `intervals` (an object of seconds).
    public mutating func members(of plan: RecordingPlan) {
        member("formats", array: { for format in plan.formats { $0.element(format.rawValue) } })
        member(
            "intervals",
            object: { intervals in
                for format in RecordFormat.allCases {
                    if let seconds = plan.intervals[format] { intervals.member(named: format.rawValue, seconds) }
                }
            }
        )
    }
}
