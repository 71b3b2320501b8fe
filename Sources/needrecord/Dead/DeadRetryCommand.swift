import AMQP
import ArgumentParser
import Logging

struct DeadRetryCommand: Command {
    static let configuration = CommandConfiguration(
        commandName: "retry",
        abstract: "Send letters to where they came from, as they were; all without --id and --reason.",
        discussion: """
            A letter leaves the dead queue once the broker has the message. An on-demand callback whose deadline is over \
            was answered with the default long ago, and is not sent again without --force. Exit code 1 when a letter \
            stays.
            """
    )

    @OptionGroup var selection: DeadSelection

    @Flag(help: "Also callbacks that nobody waits for any more.")
    var force = false

    @OptionGroup var settings: SettingsOptions

    func run(_ settings: Settings, logger: Logger) async throws {
        try await DeadQueue.with(settings, limit: selection.limit, logger: logger) { queue in
            let letters = queue.letters.filter(selection.contains)
            if letters.isEmpty, !selection.isEmpty {
                throw Failure("there is no such letter among the \(queue.letters.count) that were looked at")
            }
            var sent = 0
            for letter in letters {
                do {
                    let message = try letter.retry(now: CivilClock.now(), isForced: force)
                    try await queue.send(message)
                    try await queue.acknowledge(letter)
                    print("sent \(letter.id) to \(message.exchange) \(message.routingKey)")
                    sent += 1
                } catch let refusal as DeadLetterEntry.Refusal {
                    printError("needrecord: \(letter.id) stays: \(refusal.reason)")
                } catch let failure as Failure {
                    printError("needrecord: \(letter.id) stays: \(failure)")
                }
            }
            print("\(sent) sent, \(letters.count - sent) stay")
            if sent < letters.count { throw ExitCode.failure }
        }
    }
}
