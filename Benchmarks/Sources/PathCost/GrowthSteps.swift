import Measuring
import Postgres

/// Measures a series, with an installation for each of its steps where it takes that.
struct GrowthSteps {
    let surroundings: Surroundings
    let rounds: Rounds
    /// The steps of the audit trail, in rows.
    let auditRows: [Int]

    /// Where it is not the connections that grow.
    private static let load = Load.closed(256)

    func table(of series: GrowthSeries) async throws -> GrowthTable {
        GrowthTable(series: series, rows: try await rows(of: series), seconds: rounds.seconds)
    }

    private func rows(of series: GrowthSeries) async throws -> [GrowthTable.Row] {
        switch series {
        case .gateways:
            try await sideBySide([
                InstallationShape(name: "1 gateway"),
                InstallationShape(name: "2 gateways", gateways: 2),
                InstallationShape(name: "4 gateways", gateways: 4),
            ])
        case .workers:
            try await sideBySide([
                InstallationShape(name: "1 worker"),
                InstallationShape(name: "2 workers", workers: 2),
                InstallationShape(name: "4 workers", workers: 4),
            ])
        case .rules: try await sideBySide(RuleCount.all.map { InstallationShape(name: $0.name, rules: $0) })
        case .connections: try await connections()
        case .audit: try await audit()
        }
    }

    /// Installations that are measured in turn.
    private func sideBySide(_ shapes: [InstallationShape]) async throws -> [GrowthTable.Row] {
        try await withInstallations(shapes) { installations in
            let measurements = try await rounds.measure(installations, [Self.load])
            return installations.map { row($0.name, measurements.samples(of: $0.name, with: Self.load)) }
        }
    }

    private func connections() async throws -> [GrowthTable.Row] {
        try await withInstallations([InstallationShape()]) { installations in
            let loads = [1, 16, 64, 256, 1_000, 4_000, 10_000].map { Load.closed($0) }
            let measurements = try await rounds.measure(installations, loads)
            return loads.map { load in
                let name = installations[0].name
                return GrowthTable.Row(
                    name: load.name,
                    samples: measurements.samples(of: name, with: load),
                    memory: measurements.warmUp(of: name, with: load)?.memory ?? []
                )
            }
        }
    }

    /// One after the other, because the database cannot shrink.
    private func audit() async throws -> [GrowthTable.Row] {
        try await withInstallations([InstallationShape(name: "audit")]) { installations in
            let url = installations[0].databaseURL
            let owners = [try await surroundings.connect(to: url), try await surroundings.connect(to: url)]
            var fill = AuditFill(owners: owners)
            var rows: [GrowthTable.Row] = []
            for count in auditRows {
                try await fill.grow(to: count)
                let measurements = try await rounds.measure(installations, [Self.load])
                try fill.requireSameDay()
                rows.append(row(AuditFill.name(of: count), measurements.samples(of: "audit", with: Self.load)))
            }
            for owner in owners { await owner.close() }
            return rows
        }
    }

    private func row(_ name: String, _ samples: [Sample]) -> GrowthTable.Row {
        GrowthTable.Row(name: name, samples: samples, memory: samples.last?.memory ?? [])
    }

    /// Starts installations, and removes them after `body`.
    private func withInstallations(
        _ shapes: [InstallationShape],
        _ body: ([NeedRecordContender]) async throws -> [GrowthTable.Row]
    ) async throws -> [GrowthTable.Row] {
        var installations: [NeedRecordContender] = []
        defer { for process in installations.flatMap(\.processes) { process.stop() } }
        for shape in shapes {
            printError("starting \(shape.name)")
            installations.append(try await NeedRecordContender(surroundings, shape))
        }
        let rows = try await body(installations)
        for installation in installations { try await installation.remove() }
        return rows
    }
}
