package dev.hookline.bench;

import java.time.Duration;
import picocli.CommandLine.Option;

/** How long a benchmark takes: options that every one has. */
final class Plan {
    @Option(
            names = "--warm-up",
            paramLabel = "SECONDS",
            defaultValue = "15",
            description = "before the first round, for each side (default: ${DEFAULT-VALUE})")
    private int warmUpSeconds;

    @Option(
            names = "--rounds",
            defaultValue = "5",
            description = "of which the median counts (default: ${DEFAULT-VALUE})")
    private int rounds;

    @Option(
            names = "--seconds",
            defaultValue = "5",
            description = "that one side is measured in one round (default: ${DEFAULT-VALUE})")
    private int seconds;

    Duration warmUp() {
        return Duration.ofSeconds(warmUpSeconds);
    }

    int rounds() {
        return rounds;
    }

    Duration round() {
        return Duration.ofSeconds(seconds);
    }
}
