extension PostgresConfiguration {
    /// libpq's parameters; of two with one name the later counts.
    func parameters(hosts: HostList) -> [(String, String)] {
        // libpq would look for a Kerberos ticket at each connection. Whoever encrypts with one says so in the URL.
        var parameters = [("gssencmode", "disable"), ("dbname", url)]
        parameters += hosts.parameters
        parameters.append(("client_encoding", "UTF8"))
        if !applicationName.isEmpty { parameters.append(("application_name", applicationName)) }
        if let tcpUserTimeout { parameters.append(("tcp_user_timeout", "\(tcpUserTimeout.milliseconds)")) }
        parameters.append(("keepalives_idle", "\(keepalive.idle.components.seconds)"))
        parameters.append(("keepalives_interval", "\(keepalive.interval.components.seconds)"))
        parameters.append(("keepalives_count", "\(keepalive.count)"))
        return parameters
    }
}
