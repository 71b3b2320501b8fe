import ArgumentParser

struct DeadCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dead",
        abstract: "Look at messages that could not be understood, and send them again or drop them.",
        discussion: """
            A message that a worker, a gateway or the auditor cannot understand, or that the database refuses, is kept \
            in the dead queue with the reason. Looking at letters leaves them there; while a command has them, another \
            one does not see them.
            """,
        subcommands: [DeadListCommand.self, DeadShowCommand.self, DeadRetryCommand.self, DeadDropCommand.self]
    )
}
