import Testing

@testable import AMQP

@Suite struct AMQPConfigurationURLTests {
    @Test func `Every part is read`() throws {
        let configuration = try AMQPConfiguration(
            url:
                "amqp://alice:secret@one:5673,two/orders?heartbeat=3&connection_timeout=1500&channel_max=7&frame_max=8192"
        )
        #expect(configuration.endpoints == [AMQPEndpoint(host: "one", port: 5673), AMQPEndpoint(host: "two")])
        #expect(configuration.user == "alice")
        #expect(configuration.password == "secret")
        #expect(configuration.virtualHost == "orders")
        #expect(configuration.heartbeat == .seconds(3))
        #expect(configuration.connectTimeout == .milliseconds(1500))
        #expect(configuration.channelMax == 7)
        #expect(configuration.frameMax == 8192)
        #expect(configuration.tls == nil)
    }

    @Test(arguments: ["amqp://localhost", "amqp://localhost/", "amqp://localhost/%2F", "amqp://localhost?heartbeat=10"])
    func `What is not given has the local broker's default`(url: String) throws {
        let configuration = try AMQPConfiguration(url: url)
        #expect(configuration.endpoints == [AMQPEndpoint(host: "localhost", port: 5672)])
        #expect(configuration.user == "guest")
        #expect(configuration.password == "guest")
        #expect(configuration.virtualHost == "/")
        #expect(configuration.heartbeat == .seconds(10))
    }

    @Test func `All parts are percent-decoded`() throws {
        let configuration = try AMQPConfiguration(url: "amqp://us%40er:p%3Aa%2Fs%C3%9F%20w@ho%73t/v%2Fh?name=a%26b")
        #expect(configuration.user == "us@er")
        #expect(configuration.password == "p:a/sß w")
        #expect(configuration.endpoints == [AMQPEndpoint(host: "host")])
        #expect(configuration.virtualHost == "v/h")
        #expect(configuration.connectionName == "a&b")
    }

    @Test func `IPv6 addresses stand in brackets`() throws {
        let configuration = try AMQPConfiguration(url: "amqp://[::1]:5673,[fe80::1]/")
        #expect(configuration.endpoints == [AMQPEndpoint(host: "::1", port: 5673), AMQPEndpoint(host: "fe80::1")])
        #expect(configuration.redactedDescription == "[::1]:5673,[fe80::1]:5672/")
    }

    @Test func `TLS has its own port and files`() throws {
        let url = "amqps://broker?cacertfile=/ca.pem&certfile=/cert.pem&keyfile=/key.pem&verify_hostname=false"
        let configuration = try AMQPConfiguration(url: url)
        #expect(configuration.endpoints == [AMQPEndpoint(host: "broker", port: 5671)])
        let expected = AMQPTLS(
            caFile: "/ca.pem",
            certificateFile: "/cert.pem",
            keyFile: "/key.pem",
            verifyPeer: true,
            verifyHostName: false
        )
        #expect(configuration.tls == expected)
    }

    @Test func `TLS checks the broker unless told otherwise`() throws {
        let strict = try AMQPConfiguration(url: "amqps://broker").tls
        #expect(strict == AMQPTLS(caFile: AMQPTLS.systemCertificateAuthorities, verifyPeer: true, verifyHostName: true))
        let lax = try AMQPConfiguration(url: "amqps://broker?verify=verify_none").tls
        #expect(lax?.verifyPeer == false)
        #expect(lax?.verifyHostName == false)
    }

    @Test(
        arguments: [
            ("http://host", "scheme"),
            ("", "scheme"),
            ("amqp://", "host is empty"),
            ("amqp://one,,two", "host is empty"),
            ("amqp://host:port", "port of host"),
            ("amqp://host:0", "port of host"),
            ("amqp://host:65536", "port of host"),
            ("amqp://::1", "brackets"),
            ("amqp://[::1", "]"),
            ("amqp://[::1]x", "]"),
            ("amqp://host/a/b", "%2F"),
            ("amqp://host/%zz", "virtual host"),
            ("amqp://us%er@host", "user"),
            ("amqp://host/%FF", "UTF-8"),
            ("amqp://host/%00", "NUL"),
            ("amqp://host?heartbeat", "heartbeat has no value"),
            ("amqp://host?heartbeat=0", "heartbeat"),
            ("amqp://host?heartbeat=ten", "heartbeat"),
            ("amqp://host?frame_max=4095", "frame_max"),
            ("amqp://host?colour=red", "unknown parameter colour"),
            ("amqp://host?cacertfile=/ca.pem", "amqps"),
            ("amqps://host?verify=maybe", "verify_peer"),
            ("amqps://host?verify_hostname=maybe", "true or false"),
            ("amqps://host?certfile=/cert.pem", "key"),
            ("amqp://host#x", "#"),
        ]
    )
    func `A bad URL says what is wrong`(url: String, words: String) throws {
        let error = #expect(throws: AMQPError.self) { try AMQPConfiguration(url: url) }
        #expect(error?.code == .invalidURL)
        #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
    }

    @Test(
        arguments: [
            "amqp://user:hunter2@host:x", "amqp://user:hunter2@", "amqp://user:hun/ter2@host",
            "amqp://user:hun?ter2@host",
            "amqp://user:hunter2%@host", "amqp://user:hun#ter2@host", "amqp://user:hunter2@host?x=y",
        ]
    )
    func `No message and no description shows the password`(url: String) {
        let error = #expect(throws: AMQPError.self) { try AMQPConfiguration(url: url) }
        let text = "\(error.map { "\($0)" } ?? "")"
        #expect(!text.contains("hunter2") && !text.contains("ter2"))
    }

    @Test func `Descriptions and dumps leave the credentials out`() throws {
        let configuration = try AMQPConfiguration(url: "amqp://alice:hunter2@host/v")
        var dumped = ""
        dump(configuration, to: &dumped)
        for text in [configuration.redactedDescription, "\(configuration)", String(reflecting: configuration), dumped] {
            #expect(text.contains("host:5672/v"))
            #expect(!text.contains("hunter2") && !text.contains("alice"))
        }
    }
}
