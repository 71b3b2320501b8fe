public import Foundation

#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

/// Asks a URL once.
public func get(
    _ url: URL,
    headers: [String: String] = [:],
    within limit: Duration = .seconds(15)
) async throws -> (status: Int, headers: [String: String], body: Data) {
    var request = URLRequest(url: url)
    for (name, value) in headers { request.setValue(value, forHTTPHeaderField: name) }
    request.timeoutInterval = limit / .seconds(1)
    return try await send(request)
}

/// Sends a request once, on a session of its own so that no connection is shared between tests.
public func post(
    _ url: URL,
    contentType: String,
    body: Data
) async throws -> (status: Int, headers: [String: String], body: Data) {
    var request = URLRequest(url: url)
    request.httpMethod = "POST"
    request.setValue(contentType, forHTTPHeaderField: "Content-Type")
    request.httpBody = body
    return try await send(request)
}

private func send(_ request: URLRequest) async throws -> (status: Int, headers: [String: String], body: Data) {
    let session = URLSession(configuration: .ephemeral)
    defer { session.finishTasksAndInvalidate() }
    let (data, response) = try await session.data(for: request)
    guard let response = response as? HTTPURLResponse else { throw TestFailure("not an HTTP answer") }
    let headers = response.allHeaderFields.reduce(into: [String: String]()) { headers, field in
        headers["\(field.key)".lowercased()] = "\(field.value)"
    }
    return (response.statusCode, headers, data)
}
