import Glibc
import TactusDaemon

exit(Main.run(CommandLine.arguments))
