import Foundation
import NIOConcurrencyHelpers
import PlatformSimulator
import TestSupport

/// Stands before several gateways and gives each new connection to the next one that is ready, as it has last heard. What
/// is connected stays so.
final class LoadBalancer: Sendable {
    private struct State {
        var gateways: [String: ServiceProcess] = [:]
        /// The ports of those that are ready, by name.
        var ready: [String: Int] = [:]
        var turn = 0
    }

    private let state: NIOLockedValueBox<State>
    private let link: FaultyLink
    private let watching: Task<Void, Never>

    /// - Parameter interval: How often it asks who is ready.
    init(interval: Duration) async throws {
        let state = NIOLockedValueBox(State())
        self.state = state
        link = try await FaultyLink {
            state.withLockedValue { state in
                let ports = state.ready.sorted { $0.key < $1.key }.map(\.value)
                guard !ports.isEmpty else { return nil }
                state.turn += 1
                return ports[state.turn % ports.count]
            }
        }
        watching = Task {
            while !Task.isCancelled {
                for (name, gateway) in state.withLockedValue({ $0.gateways }) {
                    let port = try? await Self.portIfReady(of: gateway)
                    state.withLockedValue { $0.ready[name] = port }
                }
                try? await Task.sleep(for: interval)
            }
        }
    }

    deinit {
        watching.cancel()
    }

    /// Where callbacks are to be sent.
    var target: PlatformTarget {
        get throws { try PlatformTarget(url: "http://127.0.0.1:\(link.port)/") }
    }

    /// A gateway takes the place of the one that had its name.
    func put(_ gateway: ServiceProcess, as name: String) async throws {
        state.withLockedValue { $0.gateways[name] = gateway }
        let port = try await gateway.callbackPort()
        try await eventually("\(name) to be balanced to") { state.withLockedValue { $0.ready[name] == port } }
    }

    private static func portIfReady(of gateway: ServiceProcess) async throws -> Int? {
        let url = URL(string: "http://127.0.0.1:\(try await gateway.opsPort())/health/ready")!
        return try await get(url, within: .seconds(1)).status == 200 ? try await gateway.callbackPort() : nil
    }
}
