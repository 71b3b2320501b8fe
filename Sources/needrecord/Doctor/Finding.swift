/// One thing that the doctor looked at.
struct Finding {
    enum Severity: String {
        /// As it should be.
        case ok
        /// It works, and somebody should know.
        case warning
        /// It does not work.
        case fault
    }

    let check: String
    let severity: Severity
    let detail: String
    /// What to do about it.
    let advice: String?

    static func ok(_ check: String, _ detail: String) -> Finding {
        Finding(check: check, severity: .ok, detail: detail, advice: nil)
    }

    static func warning(_ check: String, _ detail: String, advice: String) -> Finding {
        Finding(check: check, severity: .warning, detail: detail, advice: advice)
    }

    static func fault(_ check: String, _ detail: String, advice: String) -> Finding {
        Finding(check: check, severity: .fault, detail: detail, advice: advice)
    }

    var text: String {
        let mark =
            switch severity {
            case .ok: "ok      "
            case .warning: "warning "
            case .fault: "FAULT   "
            }
        return "\(mark)  \(check): \(detail)" + (advice.map { "\n            -> \($0)" } ?? "")
    }
}
