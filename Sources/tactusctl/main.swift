import Glibc
import TactusCommands

// Sees and steers a Tactus daemon: everything is in TactusCommands, so that tests can run it as well.
Tactusctl.keepStandardDescriptors()
let environment = ProcessEnvironment.variables
let command = Tactusctl(console: Console(environment: environment), environment: environment)
exit(command.run(Array(CommandLine.arguments.dropFirst())))
