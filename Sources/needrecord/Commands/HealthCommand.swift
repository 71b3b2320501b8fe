import ArgumentParser
import AsyncHTTPClient
import Logging
import NIOCore
import NIOHTTP1
import Observability

struct HealthCommand: Command {
    static let configuration = CommandConfiguration(
        commandName: "health",
        abstract: "Ask the process on this machine how it is; for health checks of containers.",
        discussion: """
            Asks /health/live on the port for operators, or /health/ready with --ready, and prints the answer. Exit code 1 \
            when it is not well, or does not answer within two seconds.
            """
    )

    @Flag(help: "Whether callbacks should be sent there, instead of whether it lives.")
    var ready = false

    @Option(help: ArgumentHelp("The port for operators; default 8081.", valueName: "port"))
    var opsPort: Int?

    @OptionGroup var settings: SettingsOptions

    var flags: [Setting: String] {
        var flags: [Setting: String] = [:]
        flags[.opsPort] = opsPort.map(String.init)
        return flags
    }

    func run(_ settings: Settings, logger: Logger) async throws {
        let path = ready ? "/health/ready" : "/health/live"
        let url = "http://\(host(settings.opsHost)):\(settings.opsPort)\(path)"
        do {
            let (response, body) = try await withTimeLimit(.seconds(2)) {
                let response = try await HTTPClient.shared.execute(HTTPClientRequest(url: url), timeout: .seconds(2))
                return (response, try await response.body.collect(upTo: 65_536))
            }
            print(String(buffer: body))
            guard response.status == .ok else { throw ExitCode.failure }
        } catch let error as ExitCode {
            throw error
        } catch {
            throw Failure("no answer from \(url): \(error)")
        }
    }

    /// What listens on every address listens on loopback, too.
    private func host(_ host: String) -> String {
        switch host {
        case "0.0.0.0": "127.0.0.1"
        case "::": "[::1]"
        default: host.contains(":") ? "[\(host)]" : host
        }
    }
}
