import Glibc
import TactusCommands

// Queries and controls a Tactus daemon. The code is in TactusCommands, so that tests can also run it.
Tactusctl.keepStandardDescriptors()
let environment = ProcessEnvironment.variables
let command = Tactusctl(console: Console(environment: environment), environment: environment)
exit(command.run(Array(CommandLine.arguments.dropFirst())))
