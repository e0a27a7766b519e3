package dev.hookline.bench;

import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The command line: {@code ./hookline bench …}. */
@Command(
        name = "bench",
        description = "Measure the hub on this machine.",
        mixinStandardHelpOptions = true,
        subcommands = {
            IngestBench.class,
            CallLogBench.class,
            OrdersBench.class,
            PublishBench.class,
            DeliveryBench.class,
            DrainBench.class,
            GrowthBench.class,
            IsolationBench.class,
            StreamBench.class,
            ReadersBench.class,
            StartBench.class,
            AllBench.class,
            ClaimBench.class,
            CrashBench.class,
            LimitServer.class,
            LimitPoster.class,
            LimitStream.class,
            WiredHub.class
        },
        synopsisSubcommandLabel = "BENCHMARK")
public final class Main {
    Main() {}

    public static void main(String[] args) {
        int code = new CommandLine(new Main()).execute(args.length == 0 ? new String[] {"--help"} : args);
        System.exit(code);
    }
}
