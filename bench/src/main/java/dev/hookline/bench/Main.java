package dev.hookline.bench;

import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The command line: {@code ./hookline bench …}. */
@Command(
        name = "bench",
        description = "Measure the hub on this machine.",
        mixinStandardHelpOptions = true,
        subcommands = {ClaimBench.class, CrashBench.class},
        synopsisSubcommandLabel = "BENCHMARK")
public final class Main {
    private Main() {}

    public static void main(String[] args) {
        int code = new CommandLine(new Main()).execute(args.length == 0 ? new String[] {"--help"} : args);
        System.exit(code);
    }
}
