package dev.hookline.bench;

import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** Every row of the table, one benchmark after the other. */
@Command(name = "all", description = "All of them in turn, but for the claim and the crashes: about an hour.")
final class AllBench implements Callable<Integer> {
    private static final List<String> ROWS = List.of(
            "ingest",
            "calls",
            "orders",
            "publish",
            "delivery",
            "drain",
            "growth",
            "isolation",
            "stream",
            "readers",
            "start");

    @Override
    public Integer call() {
        int worst = 0;
        for (String name : ROWS) {
            worst = Math.max(worst, new CommandLine(new Main()).execute(name));
        }
        return worst;
    }
}
