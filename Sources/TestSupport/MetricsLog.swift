import Foundation
import NIOConcurrencyHelpers

/// Which metrics of the processes under test have moved, over all tests of a run: a line for each, in a file of this process in the
/// folder that `NEEDRECORD_TEST_METRICS` names. `deploy/local/monitoring/moved.py` compares that with the dashboard: a panel that
/// never moves in the tests may never move at all.
enum MetricsLog {
    private struct State {
        /// The first value of each series of each service.
        var first: [Int: [Substring: Substring]] = [:]
        var moved: Set<Substring> = []
    }

    private static let folder = ProcessInfo.processInfo.environment["NEEDRECORD_TEST_METRICS"] ?? ""
    private static let interval = Duration.milliseconds(250)
    private static let state = NIOLockedValueBox(State())

    /// Looks at a process until it ends, where that is wanted.
    static func watch(_ service: ServiceProcess) {
        guard !folder.isEmpty else { return }
        Task { [weak service] in
            while (try? await service?.opsPort()) != nil, service?.process.status == nil {
                if let service { await look(at: service) }
                try? await Task.sleep(for: interval)
            }
        }
    }

    /// Looks at a process once, where that is wanted.
    static func look(at service: ServiceProcess) async {
        guard !folder.isEmpty, service.process.status == nil, let port = try? service.presentOpsPort,
            let url = URL(string: "http://127.0.0.1:\(port)/metrics"),
            let answer = try? await get(url, within: .seconds(1)), answer.status == 200
        else { return }
        note(String(decoding: answer.body, as: UTF8.self), of: service.number)
    }

    /// What was there from the start and is another now has moved, and so has a counter that began at zero unseen.
    static func note(_ text: String, of process: Int) {
        guard !folder.isEmpty else { return }
        state.withLockedValue { state in
            let before = state.moved.count
            for line in text.split(separator: "\n") where !line.hasPrefix("#") {
                guard let space = line.lastIndex(of: " ") else { continue }
                let (series, value) = (line[..<space], line[line.index(after: space)...])
                let name = series.prefix { $0 != "{" }
                if let first = state.first[process]?[series] {
                    if first != value { state.moved.insert(name) }
                } else {
                    state.first[process, default: [:]][series] = value
                    if name.hasSuffix("_total"), value != "0" { state.moved.insert(name) }
                }
            }
            guard state.moved.count > before else { return }
            let lines = state.moved.sorted().map { $0 + "\n" }.joined()
            let file = URL(fileURLWithPath: folder).appendingPathComponent("\(getpid()).txt")
            try? Data(lines.utf8).write(to: file, options: .atomic)
        }
    }
}
