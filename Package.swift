// swift-tools-version: 6.2
// The manifest is the architecture: docs/ARCHITECTURE.md says for each target what it may use and what it may not.

import PackageDescription

let house: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

/// Targets that never touch a C pointer.
let pure: [SwiftSetting] = house + [.strictMemorySafety()]

/// Warnings are errors in C as in Swift; the flags are our own, not a dependency's.
let c: [CSetting] = [.unsafeFlags(["-Wall", "-Wextra", "-Werror"])]

let package = Package(
  name: "tactus",
  products: [
    .executable(name: "tactusd", targets: ["tactusd"]),
    .executable(name: "tactusctl", targets: ["tactusctl"]),
    .executable(name: "tactus-sim", targets: ["tactus-sim"]),
  ],
  targets: [
    // C libraries, each imported by exactly one target.
    .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
    .systemLibrary(name: "CSystemd", pkgConfig: "libsystemd", providers: [.apt(["libsystemd-dev"])]),
    .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
    .target(name: "CLinux", cSettings: c),

    // Layer 0
    .target(name: "TactusModel", swiftSettings: pure),

    // Layer 1
    .target(name: "TactusMessages", dependencies: ["TactusModel"], swiftSettings: pure),
    .target(name: "TactusPorts", dependencies: ["TactusModel"], swiftSettings: pure),
    .target(name: "TactusUnitFile", dependencies: ["TactusModel", "TactusMessages"], swiftSettings: pure),
    .target(
      name: "TactusProtocol",
      dependencies: ["TactusModel", "TactusMessages"],
      resources: [
        .embedInCode("Interfaces/io.tactus.Daemon.varlink"),
        .embedInCode("Interfaces/io.tactus.Jobs.varlink"),
        .embedInCode("Interfaces/io.tactus.Workflows.varlink"),
        .embedInCode("Interfaces/org.varlink.service.varlink"),
      ],
      swiftSettings: pure),

    // Layer 2
    .target(
      name: "TactusControl",
      dependencies: ["TactusModel", "TactusMessages", "TactusPorts", "TactusUnitFile", "TactusProtocol"],
      swiftSettings: pure),
    .target(
      name: "TactusScheduler", dependencies: ["TactusModel", "TactusPorts"], swiftSettings: pure),
    .target(
      name: "TactusExecutor", dependencies: ["TactusModel", "TactusPorts"], swiftSettings: pure),
    .target(
      name: "TactusLedger", dependencies: ["TactusModel", "TactusPorts"], swiftSettings: pure),
    .target(
      name: "TactusLinux", dependencies: ["TactusModel", "TactusMessages", "TactusPorts", "CLinux"],
      swiftSettings: house),

    // Layer 3
    .target(
      name: "TactusStore", dependencies: ["TactusModel", "TactusPorts", "TactusLedger", "CSQLite"],
      swiftSettings: house),
    .target(
      name: "TactusHTTP", dependencies: ["TactusModel", "TactusPorts", "TactusLinux", "CCurl"],
      swiftSettings: house),
    .target(
      name: "TactusSystemd", dependencies: ["TactusModel", "TactusPorts", "TactusLinux", "CSystemd"],
      swiftSettings: house),
    .target(
      name: "TactusTransport", dependencies: ["TactusModel", "TactusPorts", "TactusLinux", "TactusProtocol"],
      swiftSettings: house),

    // Layer 4
    .target(
      name: "TactusRunners",
      dependencies: [
        "TactusModel", "TactusMessages", "TactusPorts", "TactusLinux", "TactusHTTP", "TactusSystemd",
      ],
      swiftSettings: house),

    // Layer 5
    .target(
      name: "TactusDaemon",
      dependencies: [
        "TactusModel", "TactusPorts", "TactusMessages", "TactusUnitFile", "TactusProtocol", "TactusControl",
        "TactusScheduler", "TactusExecutor", "TactusStore", "TactusLinux", "TactusHTTP", "TactusSystemd",
        "TactusTransport", "TactusRunners",
      ],
      swiftSettings: house),
    .target(
      name: "TactusSimulation",
      dependencies: [
        "TactusModel", "TactusPorts", "TactusUnitFile", "TactusScheduler", "TactusExecutor", "TactusStore",
        "TactusLinux",
      ],
      swiftSettings: pure),
    .target(
      name: "TactusCommands",
      dependencies: [
        "TactusModel", "TactusMessages", "TactusUnitFile", "TactusLinux", "TactusProtocol", "TactusSystemd",
        "TactusTransport",
      ],
      swiftSettings: house),

    // Layer 6
    .executableTarget(name: "tactusd", dependencies: ["TactusDaemon"], swiftSettings: house),
    .executableTarget(name: "tactusctl", dependencies: ["TactusCommands"], swiftSettings: house),
    .executableTarget(name: "tactus-sim", dependencies: ["TactusSimulation"], swiftSettings: pure),

    // Tests
    .target(
      name: "TactusTestSupport",
      dependencies: ["TactusModel", "TactusPorts", "TactusLinux"],
      path: "Tests/TactusTestSupport", swiftSettings: house),
    .target(
      name: "TactusFuzzing",
      dependencies: ["TactusModel", "TactusUnitFile", "TactusProtocol"],
      path: "Tests/TactusFuzzing", swiftSettings: pure),
    .testTarget(
      name: "TactusModelTests",
      dependencies: [
        "TactusModel", "TactusTestSupport", "TactusSimulation",
      ],
      swiftSettings: house),
    .testTarget(
      name: "TactusMessagesTests",
      dependencies: [
        "TactusModel", "TactusMessages",
      ],
      swiftSettings: house),
    .testTarget(
      name: "TactusUnitFileTests",
      dependencies: [
        "TactusModel", "TactusUnitFile", "TactusFuzzing", "TactusTestSupport", "TactusSimulation",
      ],
      swiftSettings: house),
    .testTarget(
      name: "TactusProtocolTests",
      dependencies: [
        "TactusModel", "TactusProtocol", "TactusFuzzing", "TactusTestSupport", "TactusSimulation",
      ],
      swiftSettings: house),
    .testTarget(
      name: "TactusStoreTests",
      dependencies: [
        "TactusModel", "TactusPorts", "TactusMessages", "TactusLedger", "TactusStore", "CSQLite", "TactusTestSupport",
        "TactusSimulation",
      ],
      swiftSettings: house),
    .testTarget(
      name: "TactusControlTests",
      dependencies: [
        "TactusModel", "TactusPorts", "TactusUnitFile", "TactusProtocol", "TactusControl", "TactusScheduler",
        "TactusExecutor", "TactusStore", "TactusTestSupport", "TactusSimulation",
      ],
      swiftSettings: house),
    .testTarget(
      name: "TactusWorkersTests",
      dependencies: [
        "TactusModel", "TactusPorts", "TactusScheduler", "TactusExecutor", "TactusStore", "TactusUnitFile",
        "TactusTestSupport", "TactusSimulation",
      ],
      swiftSettings: house),
    .testTarget(
      name: "TactusSimulationTests",
      dependencies: [
        "TactusSimulation", "TactusTestSupport",
      ],
      swiftSettings: house),
    .testTarget(
      name: "TactusLinuxTests",
      dependencies: [
        "CLinux", "TactusModel", "TactusPorts", "TactusLinux", "TactusTestSupport",
      ],
      swiftSettings: house),
    .testTarget(
      name: "TactusHTTPTests",
      dependencies: [
        "TactusModel", "TactusPorts", "TactusLinux", "TactusHTTP", "TactusTestSupport",
      ],
      swiftSettings: house),
    .testTarget(
      name: "TactusSystemdTests",
      dependencies: [
        "TactusModel", "TactusPorts", "TactusLinux", "TactusSystemd", "TactusTestSupport",
      ],
      swiftSettings: house),
    .testTarget(
      name: "TactusTransportTests",
      dependencies: [
        "TactusModel", "TactusPorts", "TactusLinux", "TactusProtocol", "TactusTransport", "TactusFuzzing",
        "TactusTestSupport",
      ],
      swiftSettings: house),
    .testTarget(
      name: "TactusRunnersTests",
      dependencies: [
        "TactusModel", "TactusPorts", "TactusLinux", "TactusHTTP", "TactusSystemd", "TactusRunners",
        "TactusTestSupport",
      ],
      swiftSettings: house),
    .testTarget(
      name: "TactusCommandsTests",
      dependencies: [
        "TactusModel", "TactusMessages", "TactusPorts", "TactusLinux", "TactusProtocol", "TactusTransport",
        "TactusCommands", "TactusFuzzing", "tactusctl", "TactusTestSupport", "TactusSimulation",
      ],
      swiftSettings: house),
    .testTarget(
      name: "TactusDaemonTests",
      dependencies: [
        "TactusModel", "TactusMessages", "TactusStore", "TactusLinux", "TactusProtocol", "TactusTransport",
        "TactusDaemon", "tactusd", "tactusctl", "CSQLite", "TactusTestSupport", "TactusSimulation",
      ],
      swiftSettings: house),
    .testTarget(
      name: "TactusServiceTests",
      dependencies: [
        "TactusLinux", "TactusTestSupport",
      ],
      swiftSettings: house),
  ]
)

// Only scripts/fuzz asks for these: libFuzzer brings a main of its own, and nothing else can be linked with it.
if Context.environment["TACTUS_FUZZ"] != nil {
  package.targets += ["Frames", "UnitFiles"].map { part in
    .executableTarget(
      name: "Fuzz\(part)", dependencies: ["TactusFuzzing"], path: "Tests/Fuzz/\(part)", swiftSettings: house)
  }
}
