import Glibc
import TactusDaemon

exit(EntryPoint.run(CommandLine.arguments))
