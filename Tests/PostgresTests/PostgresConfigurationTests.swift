import Testing

@testable import Postgres

@Suite struct PostgresConfigurationTests {
    @Test(arguments: [
        ("postgresql://me:secret@db.example:6432/business", "db.example:6432/business"),
        ("postgres://me:secret@[::1]/b?sslmode=require", "::1:5432/b"),
        ("postgresql://a:1,b:2/d?target_session_attrs=read-write", "a:1,b:2/d"),
        ("host=/run/postgresql dbname=x password='se cret'", "/run/postgresql:5432/x"),
        ("dbname=x", "(default)/x"),
        ("postgresql://", "(default)/(default)"),
    ])
    func `the description has hosts and database only`(url: String, description: String) throws {
        let configuration = try PostgresConfiguration(url: url)
        #expect(configuration.redactedDescription == description)
        var dumped = ""
        dump(configuration, to: &dumped)
        for text in [dumped, "\(configuration)", String(reflecting: configuration)] {
            #expect(!text.contains("cret"))
        }
    }

    @Test(arguments: [
        "", "postgresql://me:secret@host:port/db", "postgresql://me:sec/ret@host/db", "postgresql://me:12/ret@host/db",
        "postgresql://me:sec%ret@host/db", "postgresql://me:secret@[::1/db", "postgresql://me:secret@[::1]x/db",
        "password=secret ret host=x", "host=a password='secret", "host=a,b port=1,2,3", "host=a port=70000",
        "host=a nonsense=1", "postgresql://h/d?nonsense=secret", "postgresql://h/d?connect_timeout=ret", "host=a\0b",
    ])
    func `a bad URL is refused without quoting it`(url: String) async throws {
        let error = try await postgresError { try PostgresConfiguration(url: url) }
        #expect(error.code == .invalidURL)
        #expect(!error.debugDescription.contains("ret"))
        #expect(!error.message.isEmpty)
    }

    @Test func `an unknown option is named`() async throws {
        let error = try await postgresError { try PostgresConfiguration(url: "postgresql://h/d?nonsense=1") }
        #expect(error.message.contains("nonsense"))
    }

    @Test func `the URL's settings are the defaults`() throws {
        let url = "postgresql://h/d?connect_timeout=3&application_name=x&keepalives_idle=7&tcp_user_timeout=1500"
        let configuration = try PostgresConfiguration(url: url)
        #expect(configuration.connectTimeout == .seconds(3))
        #expect(configuration.applicationName == "x")
        #expect(configuration.keepalive.idle == .seconds(7))
        #expect(configuration.tcpUserTimeout == .milliseconds(1500))
    }

    @Test func `the hosts after a silent one are known`() throws {
        let hosts = try HostList(hosts: "a,b,c", addresses: nil, ports: "1,2,3")
        let rest = try #require(hosts.after(host: "a", port: "1"))
        #expect(rest.description == "b:2,c:3")
        #expect(Dictionary(uniqueKeysWithValues: rest.parameters) == ["host": "b,c", "port": "2,3"])
        #expect(hosts.after(host: "c", port: "3") == nil)
        #expect(hosts.after(host: "x", port: "1") == nil)
    }
}
