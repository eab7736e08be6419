import Glibc
import TactusSimulation

exit(SimulationCommand.run(Array(CommandLine.arguments.dropFirst())))
