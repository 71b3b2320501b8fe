import Testing

@testable import Postgres

@Suite struct PostgresErrorTests {
    @Test func `the description has no message`() {
        let error = PostgresError(.server, sqlState: .uniqueViolation, message: "secret", detail: "Key (id)=(7)")
        #expect(error.description == "PostgresError(server, SQLSTATE 23505)")
        #expect("\(error)" == error.description)
        #expect(error.debugDescription.contains("secret"))
        #expect(error.debugDescription.contains("Key (id)=(7)"))
    }

    @Test(
        arguments: [
            (PostgresError.Code.connectionLost, nil, true),
            (.connectFailed, .invalidCatalogName, false),
            (.authenticationFailed, nil, false),
            (.server, .serializationFailure, true),
            (.server, .deadlockDetected, true),
            (.server, .uniqueViolation, false),
            (.server, .lockNotAvailable, true),
            (.decodingFailed, nil, false),
        ] as [(PostgresError.Code, SQLState?, Bool)]
    )
    func `what may heal is retriable`(code: PostgresError.Code, state: SQLState?, isRetriable: Bool) {
        #expect(PostgresError(code, sqlState: state, message: "").isRetriable == isRetriable)
    }

    @Test(
        arguments: [
            (
                "connection to server at \"::1\", port 5432 failed: FATAL:  28P01: password authentication failed for user \"x\"\nLOCATION:  auth_failed, auth.c:326\n",
                PostgresError.Code.authenticationFailed, SQLState.invalidPassword
            ),
            ("FATAL:  3D000: database \"x\" does not exist\n", .connectFailed, .invalidCatalogName),
            (
                "connection to server at \"127.0.0.1\", port 1 failed: Connection refused\n\tIs the server running?\n",
                .connectFailed, nil
            ),
            ("fe_sendauth: no password supplied", .authenticationFailed, nil),
        ] as [(String, PostgresError.Code, SQLState?)]
    )
    func `libpq's reasons for not connecting are told apart`(
        message: String,
        code: PostgresError.Code,
        state: SQLState?
    ) {
        let error = ConnectFailure.error(message: message)
        #expect(error.code == code)
        #expect(error.sqlState == state)
    }
}
