import Foundation

extension ServiceProcess {
    /// What `/metrics` says: the value of each series, by its name with its labels.
    public func metrics() async throws -> [String: Double] {
        let answer = try await get(URL(string: "http://127.0.0.1:\(try await opsPort())/metrics")!)
        guard answer.status == 200, answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8" else {
            throw TestFailure("no metrics: \(answer.status) \(answer.headers)")
        }
        let text = String(decoding: answer.body, as: UTF8.self)
        MetricsLog.note(text, of: number)
        var metrics: [String: Double] = [:]
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            guard let space = line.lastIndex(of: " "), let value = Double(line[space...].dropFirst()) else {
                throw TestFailure("no series: \(line)")
            }
            let name = String(line[..<space])
            guard metrics.updateValue(value, forKey: name) == nil else { throw TestFailure("twice: \(name)") }
        }
        return metrics
    }
}

extension [String: Double] {
    /// The sum over all series of a metric.
    public func sum(_ metric: String) -> Double {
        filter { $0.key == metric || $0.key.hasPrefix(metric + "{") }.values.reduce(0, +)
    }
}
