/// How to reach a database, and the limits every connection to it gets.
///
/// Whatever libpq understands is allowed in the URL: several hosts, `target_session_attrs`, `sslmode`, `passfile`,
/// `service` and the `PG...` environment. Where the URL sets one of the values below, it is that value's default.
public struct PostgresConfiguration: Sendable {
    /// The URL as it was given, with the password.
    let url: String
    /// The hosts in the URL, in its order; empty when libpq's own default applies.
    let hosts: HostList
    private let database: String?

    /// Shown in `pg_stat_activity`.
    public var applicationName: String
    /// `SET ROLE` to this role after connecting; nil to stay the user that logged in.
    public var role: String?
    /// What each session sets after connecting, by the server's names, such as `jit`. Default none.
    public var sessionSettings: [String: String] = [:]
    /// How long to wait for each host (not for all of them together), without resolving its name. Default 5 s.
    public var connectTimeout: Duration = .seconds(5)
    /// How long a statement may run when the call says nothing else; nil for no limit. Default 30 s.
    public var statementTimeout: Duration? = .seconds(30)
    /// How long a statement may wait for a lock; nil for no limit. Default 5 s.
    public var lockTimeout: Duration? = .seconds(5)
    /// How long a transaction may be open with nothing to do before the server ends the session; nil for no limit.
    /// Default 60 s.
    public var idleInTransactionTimeout: Duration? = .seconds(60)
    /// How much later than the server's statement timeout the client gives up by itself. Default 500 ms.
    ///
    /// It has to leave the server time to say that it cancelled the statement: when the client gives up first the
    /// connection is in an unknown state and is dropped.
    public var timeoutGrace: Duration = .milliseconds(500)
    /// How long sent data may stay unacknowledged by the peer's kernel; nil for the system's default. Default 10 s.
    public var tcpUserTimeout: Duration? = .seconds(10)
    /// When an idle connection is probed, and when it is given up.
    public var keepalive = PostgresKeepalive()
    /// How many prepared statements a connection keeps. Default 256.
    public var preparedStatementLimit = 256

    /// Takes a connection URI (`postgresql://user@host:5432/database`) or a keyword string (`host=... dbname=...`).
    ///
    /// - Throws: ``PostgresError/Code/invalidURL``, saying what is wrong but never quoting what may be a password.
    public init(url: String) throws(PostgresError) {
        let options = try ConnectionString.parse(url)
        self.url = url
        hosts = try HostList(
            hosts: options["host"],
            addresses: options["hostaddr"],
            ports: options["port"]
        )
        database = options["dbname"]
        // libpq splits at the first '/', so a password with such a character in it ends up in the database's name.
        if ConnectionString.isURI(url), database?.contains(where: { $0 == "@" || $0 == "/" }) == true {
            throw PostgresError(
                .invalidURL,
                message: "'@' or '/' in the database name; percent-encode special characters in user and password"
            )
        }
        applicationName = options["application_name"] ?? ""
        if let seconds = options["connect_timeout"] {
            connectTimeout = .seconds(try ConnectionString.number(seconds, for: "connect_timeout", in: 1...3600))
        }
        if let milliseconds = options["tcp_user_timeout"] {
            let value = try ConnectionString.number(milliseconds, for: "tcp_user_timeout", in: 0...86_400_000)
            tcpUserTimeout = value == 0 ? nil : .milliseconds(value)
        }
        if let idle = options["keepalives_idle"] {
            keepalive.idle = .seconds(try ConnectionString.number(idle, for: "keepalives_idle", in: 0...32_767))
        }
        if let interval = options["keepalives_interval"] {
            let seconds = try ConnectionString.number(interval, for: "keepalives_interval", in: 0...32_767)
            keepalive.interval = .seconds(seconds)
        }
        if let count = options["keepalives_count"] {
            keepalive.count = try ConnectionString.number(count, for: "keepalives_count", in: 0...127)
        }
    }

    /// `host:port/database`, safe to log: it has neither user nor password nor any option.
    public var redactedDescription: String {
        "\(hosts)/\(database ?? "(default)")"
    }
}

extension PostgresConfiguration: CustomStringConvertible, CustomDebugStringConvertible {
    /// The ``redactedDescription``.
    public var description: String { redactedDescription }
    /// The ``redactedDescription``.
    public var debugDescription: String { redactedDescription }
}

extension PostgresConfiguration: CustomReflectable {
    /// Keeps `dump` and string interpolation of what contains a configuration from showing the password.
    public var customMirror: Mirror {
        Mirror(self, children: ["url": redactedDescription])
    }
}
