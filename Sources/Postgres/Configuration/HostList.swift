/// The hosts of a connection string, which libpq tries in order.
package struct HostList: Sendable, Hashable, CustomStringConvertible {
    /// One entry of each of libpq's parallel lists.
    package struct Host: Sendable, Hashable {
        package let name: String
        package let address: String
        package let port: String
    }

    package let entries: [Host]

    private init(entries: [Host]) {
        self.entries = entries
    }

    /// Zips libpq's comma-separated lists by libpq's rules: a single port is for all hosts.
    ///
    /// - Throws: ``PostgresError/Code/invalidURL`` when the lists do not fit or a port is none. The text in the place
    ///   of a port is not quoted: with an unescaped `:` or `/` in a password it is a part of the password.
    package init(hosts: String?, addresses: String?, ports: String?) throws(PostgresError) {
        func split(_ list: String?) -> [String] {
            guard let list, !list.isEmpty else { return [] }
            return list.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        }
        let hosts = split(hosts)
        let addresses = split(addresses)
        let ports = split(ports)
        let count = max(hosts.count, addresses.count, 1)
        guard hosts.isEmpty || addresses.isEmpty || hosts.count == addresses.count else {
            throw PostgresError(.invalidURL, message: "as many hosts as host addresses are needed")
        }
        guard ports.count <= 1 || ports.count == count else {
            throw PostgresError(.invalidURL, message: "one port, or one for each host is needed")
        }
        for port in ports where !port.isEmpty {
            guard let number = Int(port), (1...65_535).contains(number) else {
                throw PostgresError(.invalidURL, message: "a port is not a number from 1 to 65535")
            }
        }
        guard !hosts.isEmpty || !addresses.isEmpty || !ports.isEmpty else {
            entries = []
            return
        }
        entries = (0..<count).map { index in
            Host(
                name: hosts.isEmpty ? "" : hosts[index],
                address: addresses.isEmpty ? "" : addresses[index],
                port: ports.isEmpty ? "" : ports.count == 1 ? ports[0] : ports[index]
            )
        }
    }

    /// The hosts after the one that libpq is busy with; nil when that was the last or is not known.
    package func after(host: String, port: String) -> HostList? {
        let current = entries.firstIndex { entry in
            (entry.name == host || entry.address == host) && (entry.port.isEmpty || entry.port == port)
        }
        guard let current, current + 1 < entries.count else { return nil }
        return HostList(entries: Array(entries[(current + 1)...]))
    }

    /// libpq's `host`, `hostaddr` and `port`.
    package var parameters: [(String, String)] {
        guard !entries.isEmpty else { return [] }
        func list(_ part: KeyPath<Host, String>) -> String {
            entries.map { $0[keyPath: part] }.joined(separator: ",")
        }
        var parameters = [("port", list(\.port))]
        if entries.contains(where: { !$0.name.isEmpty }) { parameters.append(("host", list(\.name))) }
        if entries.contains(where: { !$0.address.isEmpty }) { parameters.append(("hostaddr", list(\.address))) }
        return parameters
    }

    package var description: String {
        guard !entries.isEmpty else { return "(default)" }
        return entries.map { entry in
            let host = entry.name.isEmpty ? entry.address : entry.name
            return "\(host.isEmpty ? "(default)" : host):\(entry.port.isEmpty ? "5432" : entry.port)"
        }.joined(separator: ",")
    }
}
