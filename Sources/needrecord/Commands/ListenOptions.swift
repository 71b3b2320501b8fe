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

/// Where a gateway listens.
struct GatewayListenOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The port for callbacks; default 8080.", valueName: "port"))
    var httpPort: Int?

    var flags: [Setting: String] {
        var flags: [Setting: String] = [:]
        flags[.httpPort] = httpPort.map(String.init)
        return flags
    }
}
