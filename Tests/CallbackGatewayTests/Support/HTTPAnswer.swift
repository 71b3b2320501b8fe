import Foundation

/// An answer as it came over the wire.
struct HTTPAnswer: Sendable {
    var status: Int
    /// The header fields, with names in lower case.
    var headers: [String: String]
    var body: [UInt8]
    /// When its last byte was there.
    var arrival: ContinuousClock.Instant

    var text: String { String(decoding: body, as: UTF8.self) }

    /// A member of the JSON error, such as `code`.
    func error(_ member: String) -> String? {
        let object = try? JSONSerialization.jsonObject(with: Data(body)) as? [String: [String: String]]
        return object?["error"]?[member]
    }
}

/// Takes answers from bytes. It knows only answers that say their length, as the gateway's all do.
struct HTTPAnswerReader {
    private var bytes: [UInt8] = []

    /// What has come and is no whole answer yet.
    var rest: [UInt8] { bytes }

    mutating func append(_ more: some Sequence<UInt8>) {
        bytes.append(contentsOf: more)
    }

    /// The next whole answer; nil while it is not there.
    ///
    /// - Parameter hasBody: False for the answer to HEAD, which has a length and no body.
    mutating func next(arrival: ContinuousClock.Instant, hasBody: Bool) -> HTTPAnswer? {
        guard let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
        let lines = String(decoding: bytes[..<end.lowerBound], as: UTF8.self).split(separator: "\r\n")
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2 else { continue }
            headers[parts[0].lowercased()] = parts[1].trimmingCharacters(in: .whitespaces)
        }
        let length = hasBody ? headers["content-length"].flatMap { Int($0) } ?? 0 : 0
        guard bytes.count >= end.upperBound + length else { return nil }
        let status = lines.first?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        let answer = HTTPAnswer(
            status: status,
            headers: headers,
            body: Array(bytes[end.upperBound..<end.upperBound + length]),
            arrival: arrival
        )
        bytes.removeFirst(end.upperBound + length)
        return answer
    }
}
