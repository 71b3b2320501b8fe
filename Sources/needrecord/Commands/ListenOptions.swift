import ArgumentParser

/// Where a serving process listens.
struct ListenOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The port for operators (health, counters); default 8081.", valueName: "port"))
    var opsPort: Int?

    @Option(help: ArgumentHelp("How long an answer may take; default 4s.", valueName: "duration"))
    var answerBudget: String?

    var flags: [Setting: String] {
        var flags: [Setting: String] = [:]
        flags[.opsPort] = opsPort.map(String.init)
        flags[.answerBudget] = answerBudget
        return flags
    }
}

/// Where a gateway listens, and where it keeps what it has answered.
struct GatewayListenOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The port for callbacks; default 8080.", valueName: "port"))
    var httpPort: Int?

    @Option(
        help: ArgumentHelp(
            "Where outcomes are kept until the broker has them; default journal.",
            valueName: "directory"
        )
    )
    var journalDirectory: String?

    @Option(help: ArgumentHelp("What an outcome survives: none, group or always; default none.", valueName: "sync"))
    var journalSync: String?

    var flags: [Setting: String] {
        var flags: [Setting: String] = [:]
        flags[.httpPort] = httpPort.map(String.init)
        flags[.journalDirectory] = journalDirectory
        flags[.journalSync] = journalSync
        return flags
    }
}
