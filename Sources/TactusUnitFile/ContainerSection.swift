import TactusMessages
import TactusModel

/// Reads `[Container]`: the container that an engine runs.
extension Reading {
  mutating func container() -> Container? {
    let section = "Container"
    require("Image", in: section, example: "docker.io/library/alpine:3.20")
    let image = value("Image", in: section, as: imageName)
    let arguments = value("Exec", in: section, as: argumentList)
    let entrypoint = value("Entrypoint", in: section, as: argumentList)
    let environment = values("Environment", in: section, as: environment).flatMap(\.self)
    let files = values("EnvironmentFile", in: section, as: environmentFile)
    let user = value("User", in: section, as: containerUser)
    let directory = value("WorkingDirectory", in: section, as: absolutePath)
    let volumes = values("Volume", in: section, as: volume)
    let network = value("Network", in: section, as: networkName)
    let memory = value("Memory", in: section, as: size(Limits.containerMemory))
    let milliCPUs = value("CPUs", in: section, as: processors)
    let pidsLimit = value("PidsLimit", in: section, as: number(Limits.pidsLimit))
    let isReadOnly = value("ReadOnly", in: section, as: boolean)
    let pull = value("Pull", in: section, as: word(of: PullPolicy.self))
    let pullTimeout = value("PullTimeout", in: section, as: Span.positive(through: Limits.pullTimeout))
    let requires = values("Requires", in: section, as: capabilities).flatMap(\.self)
    let timeout = value("Timeout", in: section, as: Span.positive(through: Limits.containerTimeout))
    guard let image else { return nil }
    return Container(
      image: image, arguments: arguments ?? [], entrypoint: entrypoint ?? [], environment: environment,
      environmentFiles: files, user: user, workingDirectory: directory, volumes: volumes, network: network,
      memory: memory, milliCPUs: milliCPUs, pidsLimit: pidsLimit, isReadOnly: isReadOnly ?? false,
      pull: pull ?? .missing, pullTimeout: pullTimeout ?? .seconds(600), requires: Set(requires),
      timeout: timeout ?? .seconds(30))
  }
}

private func imageName(_ text: String) throws(ValueRefusal) -> ImageName {
  guard let name = ImageName(text) else { throw ValueRefusal("is not the name of an image. Write \(ImageName.rule)") }
  return name
}

/// Reads the words of a command line whose program is in the container.
private func argumentList(_ text: String) throws(ValueRefusal) -> [String] {
  let words = try words(text)
  if words.first?.isEmpty != false { throw ValueRefusal("does not name a program. Write for example echo hello") }
  if words.contains(where: { $0.utf8.count > Limits.argumentBytes }) {
    throw ValueRefusal("has an argument of more than \(Limits.argumentBytes) bytes, which is the limit of Linux")
  }
  return words
}

/// Reads `user` or `user:group`, by name or number.
private func containerUser(_ text: String) throws(ValueRefusal) -> String {
  let parts = text.split(separator: ":", omittingEmptySubsequences: false)
  let isWellFormed = parts.allSatisfy { part in
    (1...64).contains(part.utf8.count) && part.first != "-"
      && part.utf8.allSatisfy { $0.isLetter || $0.isDigit || "._-".utf8.contains($0) }
  }
  guard (1...2).contains(parts.count), isWellFormed else {
    throw ValueRefusal("is not a user. Write a name or a number, or user:group")
  }
  return text
}

/// Reads `source:target` or `source:target:ro`.
private func volume(_ text: String) throws(ValueRefusal) -> Container.Volume {
  let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
  guard (2...3).contains(parts.count) else {
    throw ValueRefusal(
      "is not a volume. Write /on/the/host:/in/the/container, and append :ro to make it read-only")
  }
  if parts.count == 3, parts[2] != "ro", parts[2] != "rw" {
    throw ValueRefusal("has the unknown option \"\(parts[2].abbreviated)\". Use ro or rw")
  }
  let isPath = parts[0].hasPrefix("/")
  if isPath {
    _ = try absolutePath(parts[0])
  } else {
    let isName = parts[0].utf8.first.map { $0.isLetter || $0.isDigit } ?? false
    guard isName, parts[0].utf8.allSatisfy({ $0.isLetter || $0.isDigit || "._-".utf8.contains($0) }) else {
      throw ValueRefusal("has a source that is neither an absolute path nor the name of a volume")
    }
  }
  guard parts[1].hasPrefix("/"), parts[1] != "/" else {
    throw ValueRefusal("has a target that is not an absolute path below / in the container")
  }
  return Container.Volume(
    source: parts[0], target: try absolutePath(parts[1]), isReadOnly: parts.count == 3 && parts[2] == "ro")
}

private func networkName(_ text: String) throws(ValueRefusal) -> String {
  let isName = text.utf8.first.map { $0.isLetter || $0.isDigit } ?? false
  guard isName, text.utf8.count <= 128, text.utf8.allSatisfy({ $0.isLetter || $0.isDigit || "._-".utf8.contains($0) })
  else { throw ValueRefusal("is not the name of a network. Write none, or the name of a network of the engine") }
  return text
}

/// Reads a number of processors with at most three decimal places, in thousandths.
private func processors(_ text: String) throws(ValueRefusal) -> Int {
  let parts = text.split(separator: ".", omittingEmptySubsequences: false)
  guard (1...2).contains(parts.count), parts.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy(\.isDigit) }),
    let whole = Int(parts[0]), whole <= 1_000_000, parts.count == 1 || parts[1].utf8.count <= 3
  else { throw ValueRefusal("is not a number of processors. Write for example 0.5 or 2") }
  let places = parts.count == 2 ? String(parts[1]) : ""
  let milli = whole * 1000 + (Int(places + String(repeating: "0", count: 3 - places.utf8.count)) ?? 0)
  guard Limits.milliCPUs.contains(milli) else { throw ValueRefusal("is outside the range from 0.01 to 1024") }
  return milli
}

/// Reads words such as `gpu`, separated by white space.
func capabilities(_ text: String) throws(ValueRefusal) -> [String] {
  let words = text.split(whereSeparator: { $0 == " " || $0 == "\t" }).map(String.init)
  for word in words {
    guard QueueName(word) != nil else {
      throw ValueRefusal("has the invalid word \"\(word.abbreviated)\". Use words of a-z 0-9 . _ -, for example gpu")
    }
  }
  return words
}
