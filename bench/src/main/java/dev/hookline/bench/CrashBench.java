package dev.hookline.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.kernel.Ids;
import dev.hookline.kernel.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Crashes, with every event accounted for. Ends with 1 when one was lost, doubled or not delivered. */
@Command(name = "crash", description = "Kill the hub and its PostgreSQL under load, and account for every event.")
final class CrashBench implements Callable<Integer> {
    @Option(names = "--cycles", defaultValue = "20", description = "kills in all (default: ${DEFAULT-VALUE})")
    private int cycles;

    @Option(names = "--seed", description = "chooses the moments (default: a random one, which is printed)")
    private @Nullable Long seed;

    @Option(
            names = "--delivery",
            description = "two nodes, ordered subscriptions and pending retries; each kill is one of the nodes'")
    private boolean delivery;

    @Override
    public Integer call() throws Exception {
        long chosen = seed == null ? (long) (Ids.chance() * 1_000_000) : seed;
        return delivery ? delivery(chosen) : log(chosen);
    }

    private int log(long chosen) throws Exception {
        System.out.println("Seed " + chosen + "; every third kill is PostgreSQL's, the others are the hub's.");
        CrashCycles.Result result = new CrashCycles(cycles, chosen, System.out::println).run();
        print(result);
        write(result);
        return result.intact() ? 0 : 1;
    }

    private int delivery(long chosen) throws Exception {
        System.out.println("Seed " + chosen + "; each kill is that of one of two nodes.");
        DeliveryCrashCycles.Result result = new DeliveryCrashCycles(cycles, chosen, System.out::println).run();
        System.out.println();
        line("cycles", result.kills().size());
        line("events", result.events());
        line("in the log unlike acknowledged", result.wrongLog());
        line("deliveries", result.deliveries());
        line("not delivered", result.missing());
        line("not recorded as delivered", result.unsettled());
        line("out of order", result.disordered());
        line("repeated", result.repeated());
        line("repeated, though not in flight at a kill", result.unexplained());
        line(
                "held at kills",
                result.kills().stream()
                        .mapToLong(DeliveryCrashCycles.Kill::held)
                        .sum());
        System.out.println(result.intact() ? "Nothing was lost." : "NOT INTACT: see the lines above that should be 0.");
        Report.write("crash-delivery", Json.read(Json.write(result)));
        return result.intact() ? 0 : 1;
    }

    private static void print(CrashCycles.Result result) {
        System.out.println();
        line("cycles", result.cycles());
        line("acknowledged", result.acknowledged());
        line("unanswered", result.unanswered());
        line("refused with 503", result.refused());
        line("in the log", result.inTheLog());
        line("lost", result.lost());
        line("doubled", result.doubled());
        line("out of order, or gaps", result.disordered());
        line("records unlike their events", result.wrongRecords());
        line("keys posted again", result.keysChecked());
        line("keys not honoured", result.wrongKeys());
        line("wrong answers", result.wrongAnswers());
        line("delivered", result.delivered());
        line("not delivered", result.missing());
        line("delivered more than once", result.repeated());
        System.out.printf("%-40s %s%n", "pause after a kill of the hub", spread(result.hub()));
        System.out.printf("%-40s %s%n", "pause after a kill of PostgreSQL", spread(result.postgres()));
        System.out.println(result.intact() ? "Nothing was lost." : "NOT INTACT: see the lines above that are not 0.");
    }

    private static void line(String what, long number) {
        System.out.printf("%-40s %,d%n", what, number);
    }

    private static String spread(List<Duration> pauses) {
        if (pauses.isEmpty()) {
            return "none";
        }
        List<Duration> sorted = pauses.stream().sorted().toList();
        return List.of(sorted.getFirst(), sorted.get(sorted.size() / 2), sorted.getLast()).stream()
                .map(pause -> "%,d".formatted(pause.toMillis()))
                .collect(Collectors.joining(" / ", "", " ms (min / median / max)"));
    }

    private static void write(CrashCycles.Result result) throws IOException {
        ObjectNode json = Json.object()
                .put("seed", result.seed())
                .put("cycles", result.cycles())
                .put("acknowledged", result.acknowledged())
                .put("unanswered", result.unanswered())
                .put("refused", result.refused())
                .put("in_the_log", result.inTheLog())
                .put("lost", result.lost())
                .put("doubled", result.doubled())
                .put("disordered", result.disordered())
                .put("wrong_records", result.wrongRecords())
                .put("keys_checked", result.keysChecked())
                .put("wrong_keys", result.wrongKeys())
                .put("wrong_answers", result.wrongAnswers())
                .put("delivered", result.delivered())
                .put("not_delivered", result.missing())
                .put("delivered_again", result.repeated());
        result.hub().forEach(pause -> json.withArray("hub_pause_ms").add(pause.toMillis()));
        result.postgres().forEach(pause -> json.withArray("postgres_pause_ms").add(pause.toMillis()));
        Path results = Path.of("bench", "target", "results");
        Files.createDirectories(results);
        Files.writeString(results.resolve("crash.json"), json.toPrettyString() + "\n");
    }
}
