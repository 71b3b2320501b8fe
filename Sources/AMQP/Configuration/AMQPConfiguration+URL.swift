extension AMQPConfiguration {
    /// Reads `amqp://user:password@host:port,host:port/vhost?parameter=value&...`.
    ///
    /// - `amqps` instead of `amqp` is TLS, with port 5671 instead of 5672 by default.
    /// - User, password, hosts, virtual host and values are percent-decoded. No virtual host, or an empty one, is `/`.
    /// - An IPv6 address stands in brackets.
    ///
    /// | parameter | type | default |
    /// |---|---|---|
    /// | `heartbeat` | seconds, from 1 | the defaults', 10 |
    /// | `connection_timeout` | milliseconds, from 1 | the defaults', 5000 |
    /// | `channel_max` | 0 to 65535 | 0 |
    /// | `frame_max` | bytes, from 4096 | 131072 |
    /// | `cacertfile` | path, `amqps` only | the system's authorities |
    /// | `certfile`, `keyfile` | paths, `amqps` only | none |
    /// | `verify` | `verify_peer` or `verify_none`, `amqps` only | `verify_peer` |
    /// | `verify_hostname` | `true` or `false`, `amqps` only | `true`, or `false` with `verify_none` |
    /// | `name` | connection name | empty |
    ///
    /// - Parameter defaults: What holds where the URL says nothing.
    /// - Throws: ``AMQPError/Code/invalidURL`` that says what is wrong, without the password.
    public init(url: String, defaults: AMQPConfiguration = AMQPConfiguration()) throws(AMQPError) {
        self = defaults
        var rest = url[...]
        if let end = rest.firstIndex(of: "#") {
            throw .invalidURL("unexpected # at byte \(rest.utf8.distance(from: rest.startIndex, to: end))")
        }

        let defaultPort: UInt16
        if rest.removePrefix("amqp://") {
            defaultPort = 5672
        } else if rest.removePrefix("amqps://") {
            defaultPort = 5671
            tls = AMQPTLS()
        } else {
            throw .invalidURL("the scheme must be amqp:// or amqps://")
        }

        let query = rest.cut(at: "?")
        let path = rest.cut(at: "/")
        // Else the messages below could quote the rest of a password that has one of these.
        guard query?.contains("@") != true, path?.contains("@") != true else {
            throw .invalidURL("a / ? or @ in user, password, virtual host or parameters must be percent-encoded")
        }
        // The last @, so that a password with one that somebody forgot to encode does not become the host's name.
        if let at = rest.lastIndex(of: "@") {
            var credentials = rest[..<at]
            rest = rest[rest.index(after: at)...]
            let password = credentials.cut(at: ":")
            self.user = try credentials.percentDecoded(as: "user")
            if let password { self.password = try password.percentDecoded(as: "password") }
        }
        var endpoints: [AMQPEndpoint] = []
        for host in rest.split(separator: ",", omittingEmptySubsequences: false) {
            endpoints.append(try AMQPEndpoint(authority: host, defaultPort: defaultPort))
        }
        self.endpoints = endpoints
        if let path, !path.isEmpty {
            guard !path.contains("/") else { throw .invalidURL("a / in the virtual host must be written %2F") }
            virtualHost = try path.percentDecoded(as: "virtual host")
        }
        for parameter in (query ?? "").split(separator: "&") {
            try apply(parameter: parameter)
        }
        do {
            try validate()
        } catch {
            throw .invalidURL(error.message)
        }
    }

    private mutating func apply(parameter: Substring) throws(AMQPError) {
        var key = parameter
        guard let rawValue = key.cut(at: "=") else { throw .invalidURL("parameter \(key) has no value") }
        let value = try rawValue.percentDecoded(as: String(key))
        switch key {
        case "heartbeat":
            heartbeat = .seconds(try Self.integer(value, in: 1...3600, of: key))
        case "connection_timeout":
            connectTimeout = .milliseconds(try Self.integer(value, in: 1...3_600_000, of: key))
        case "channel_max":
            channelMax = UInt16(try Self.integer(value, in: 0...65535, of: key))
        case "frame_max":
            frameMax = try Self.integer(value, in: 4096...16_777_216, of: key)
        case "name":
            connectionName = value
        case "cacertfile", "certfile", "keyfile", "verify", "verify_hostname":
            guard var tls else { throw .invalidURL("parameter \(key) needs amqps://") }
            try tls.apply(key: key, value: value)
            self.tls = tls
        default:
            throw .invalidURL("unknown parameter \(key)")
        }
    }

    private static func integer(
        _ text: String,
        in range: ClosedRange<Int>,
        of key: Substring
    ) throws(AMQPError) -> Int {
        guard let number = Int(text), range.contains(number) else {
            throw .invalidURL("\(key) must be a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }
}

extension AMQPTLS {
    fileprivate mutating func apply(key: Substring, value: String) throws(AMQPError) {
        switch (key, value) {
        case ("cacertfile", _): caFile = value
        case ("certfile", _): certificateFile = value
        case ("keyfile", _): keyFile = value
        case ("verify", "verify_peer"): verifyPeer = true
        case ("verify", "verify_none"): (verifyPeer, verifyHostName) = (false, false)
        case ("verify", _): throw .invalidURL("verify must be verify_peer or verify_none")
        case ("verify_hostname", "true"): verifyHostName = true
        case ("verify_hostname", "false"): verifyHostName = false
        default: throw .invalidURL("\(key) must be true or false")
        }
    }
}

extension AMQPEndpoint {
    fileprivate init(authority: Substring, defaultPort: UInt16) throws(AMQPError) {
        var host = authority
        var port: Substring?
        if host.first == "[" {
            guard let end = host.firstIndex(of: "]") else { throw .invalidURL("[ without ] in a host") }
            let after = host[host.index(after: end)...]
            guard after.isEmpty || after.first == ":" else { throw .invalidURL("text after ] in a host") }
            port = after.isEmpty ? nil : after.dropFirst()
            host = host[..<end].dropFirst()
        } else {
            port = host.cut(at: ":")
            guard port?.contains(":") != true else { throw .invalidURL("an IPv6 address must stand in brackets") }
        }
        let name = try host.percentDecoded(as: "host")
        guard !name.isEmpty else { throw .invalidURL("a host is empty") }
        guard let port else {
            self.init(host: name, port: defaultPort)
            return
        }
        guard let number = UInt16(port), number > 0 else {
            throw .invalidURL("the port of \(name) must be a number from 1 to 65535")
        }
        self.init(host: name, port: number)
    }
}

extension AMQPError {
    fileprivate static func invalidURL(_ message: String) -> AMQPError {
        AMQPError(code: .invalidURL, message: message)
    }
}

extension Substring {
    /// Removes `prefix` if the text begins with it, and says whether it did.
    fileprivate mutating func removePrefix(_ prefix: String) -> Bool {
        guard hasPrefix(prefix) else { return false }
        self = dropFirst(prefix.count)
        return true
    }

    /// Ends the text before the first `separator` and returns what came after it; nil if there is none.
    fileprivate mutating func cut(at separator: Character) -> Substring? {
        guard let index = firstIndex(of: separator) else { return nil }
        let tail = self[self.index(after: index)...]
        self = self[..<index]
        return tail
    }

    fileprivate func percentDecoded(as part: String) throws(AMQPError) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(utf8.count)
        var iterator = utf8.makeIterator()
        while let byte = iterator.next() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard
                let high = iterator.next().flatMap({ Character(Unicode.Scalar($0)).hexDigitValue }),
                let low = iterator.next().flatMap({ Character(Unicode.Scalar($0)).hexDigitValue })
            else {
                throw .invalidURL("\(part): % must be followed by two hexadecimal digits")
            }
            bytes.append(UInt8(high * 16 + low))
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw .invalidURL("\(part) is not UTF-8")
        }
        return text
    }
}
