import Glibc

/// What libFuzzer calls with each input. The environment variable `NEEDRECORD_FUZZ` names the target.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    Target.chosen.run(Array(UnsafeBufferPointer(start: start, count: count)))
    return 0
}

/// What can be fuzzed. Each takes any bytes at all; a trap is a finding, and so is an invariant that does not hold.
enum Target: String, CaseIterable {
    /// The query of a callback.
    case form
    /// The JSON body of a callback.
    case json
    /// The bodies of messages between the parts.
    case messages
    /// The headers of messages.
    case headers
    /// What comes in on a connection of the gateway.
    case http
    /// What proves where a callback is from.
    case admission
    /// Rule files.
    case rules
    /// Patterns, times and the other small languages of operators.
    case words
    /// What is found in the directory of a journal.
    case journal

    static let chosen: Target = {
        let name = getenv("NEEDRECORD_FUZZ").map { String(cString: $0) } ?? ""
        guard let target = Target(rawValue: name) else {
            let names = allCases.map(\.rawValue).joined(separator: ", ")
            print("set NEEDRECORD_FUZZ to one of \(names)")
            exit(64)
        }
        return target
    }()

    func run(_ input: [UInt8]) {
        switch self {
        case .form: fuzzForm(input)
        case .json: fuzzJSON(input)
        case .messages: fuzzMessages(input)
        case .headers: fuzzHeaders(input)
        case .http: fuzzHTTP(input)
        case .admission: fuzzAdmission(input)
        case .rules: fuzzRules(input)
        case .words: fuzzWords(input)
        case .journal: fuzzJournal(input)
        }
    }
}

/// Ends the run with a finding.
func demand(_ isSo: Bool, _ what: @autoclosure () -> String, line: UInt = #line) {
    if !isSo { fatalError("\(what()), line \(line)") }
}
