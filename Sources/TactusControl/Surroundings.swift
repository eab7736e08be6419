public import TactusModel
public import TactusPorts
public import TactusProtocol

/// The files that define workflows.
///
/// Any queue. Each call is answered once, on any queue.
public protocol DefinitionFiles: Sendable {
  /// Answers whether there is a file of a workflow's name, good or bad.
  ///
  /// - Parameter user: whose turn it is; each question needs a process, and any caller may ask for any name.
  func hasFile(of name: WorkflowName, for user: UInt32, answer: @escaping @Sendable (Bool) -> Void)
  /// Answers the warnings of a definition that arrived over the socket.
  func warnings(
    of definition: Definition, for name: WorkflowName, answer: @escaping @Sendable ([UnitFileProblem]) -> Void)
  /// Reads and applies all files again.
  ///
  /// - Parameter principal: who requested it; nil if a signal did.
  func reload(for principal: Principal?, answer: @escaping Answer<Reload.Reply>)
}

/// The condition of the daemon, and the log of what is done to it.
///
/// Any queue; every answer is immediate.
public protocol Condition: Journal {
  /// Whether it runs, stops, or cannot work as it should.
  var daemonState: DaemonState { get }
  /// The reason why the daemon is degraded; nil if it is not.
  var trouble: String? { get }
  /// The last errors and the current problems of files, as a caller with a right may see them, newest first.
  func incidents(for right: Right) -> [Incident]
  /// The reason why a workflow that has a file does not exist, and the way out.
  func refusal(ofWorkflow name: String, for right: Right) -> String
}

/// What the API asks of parts that are neither the ledger nor a worker.
public struct Surroundings: Sendable {
  /// An answer that is given later, once, on any queue.
  public typealias Later<Value> = @Sendable (_ answer: @escaping @Sendable (Value) -> Void) -> Void

  /// The files of workflows.
  public var files: any DefinitionFiles
  /// The condition of the daemon.
  public var condition: any Condition
  /// The container engines.
  public var providers: Later<[ProviderReport]>
  /// The examination of the daemon's environment.
  public var diagnoses: Later<[Diagnosis]>
  /// The users that have a right, with the verb: `everybody has`.
  public var holders: @Sendable (Right) -> String

  /// Names all parts.
  public init(
    files: any DefinitionFiles, condition: any Condition, providers: @escaping Later<[ProviderReport]>,
    diagnoses: @escaping Later<[Diagnosis]>, holders: @escaping @Sendable (Right) -> String
  ) {
    (self.files, self.condition, self.holders) = (files, condition, holders)
    (self.providers, self.diagnoses) = (providers, diagnoses)
  }
}

/// The facts about this daemon that do not change while it runs.
public struct Identity: Sendable {
  /// The version of the product.
  public var version: String
  /// Its process.
  public var process: Int
  /// When it started.
  public var startedAt: Instant
  /// The boot of the machine, for the elapsed times of jobs.
  public var bootID: String

  /// Names all facts.
  public init(version: String, process: Int, startedAt: Instant, bootID: String) {
    (self.version, self.process, self.startedAt, self.bootID) = (version, process, startedAt, bootID)
  }
}

/// The readers of the ledger for the API.
public struct Readers: Sendable {
  /// For streams, which wait for a slow disk.
  public var archive: any LedgerReader
  /// For single queries, which are answered even if the disk is silent.
  public var quick: any LedgerReader
  /// For long queries, so that they do not delay short ones.
  public var slow: any LedgerReader
  /// For the output of jobs.
  public var output: any OutputReader

  /// Names all readers.
  public init(
    archive: any LedgerReader, quick: any LedgerReader, slow: any LedgerReader, output: any OutputReader
  ) { (self.archive, self.quick, self.slow, self.output) = (archive, quick, slow, output) }
}
