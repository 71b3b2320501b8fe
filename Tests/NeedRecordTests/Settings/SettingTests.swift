import Testing

@testable import needrecord

@Suite struct SettingTests {
    @Test(arguments: [
        (Setting.amqpURL, "NEEDRECORD_AMQP_URL"),
        (.databaseURL, "NEEDRECORD_DATABASE_URL"),
        (.httpPort, "NEEDRECORD_HTTP_PORT"),
        (.opsPort, "NEEDRECORD_OPS_PORT"),
        (.answerBudget, "NEEDRECORD_ANSWER_BUDGET"),
        (.httpMaxTargetLength, "NEEDRECORD_HTTP_MAX_TARGET_LENGTH"),
        (.topologyCallbacksRetentionDays, "NEEDRECORD_TOPOLOGY_CALLBACKS_RETENTION_DAYS"),
    ])
    func `A key has an environment variable`(setting: Setting, variable: String) {
        #expect(setting.environmentVariable == variable)
    }

    @Test func `No two settings share a variable`() {
        #expect(Set(Setting.allCases.map(\.environmentVariable)).count == Setting.allCases.count)
    }

    @Test func `What holds a password is secret`() {
        #expect(Setting.allCases.filter(\.isSecret) == [.amqpURL, .databaseURL])
        let error = SettingError(.amqpURL, value: "amqp://u:geheim@h", "good")
        #expect(!error.description.contains("geheim"))
        #expect(error.description.contains("amqp.url"))
    }
}
