package dev.hookline.bench;

import com.fasterxml.jackson.databind.JsonNode;
import dev.hookline.kernel.Json;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** What the log of calls costs: signed bookings at a hub that logs their calls, beside one that does not. */
@Command(name = "calls", description = "Ingest with the log of calls, beside ingest without.")
final class CallLogBench implements Callable<Integer> {
    private static final int CONNECTIONS = 64;
    private static final int BOOKINGS = 50_000;

    @Mixin
    private Plan plan = new Plan();

    @Override
    public Integer call() throws Exception {
        try (HubUnderTest silent = HubUnderTest.start();
                HubUnderTest logging = HubUnderTest.start()) {
            stopLogging(silent);
            List<Target> sides = List.of(
                    new Target(silent.port(), CONNECTIONS, BookingRequests.of(BOOKINGS, true), 1, silent.cpu()),
                    new Target(logging.port(), CONNECTIONS, BookingRequests.of(BOOKINGS, true), 1, logging.cpu()));
            List<Figures> figures = Rounds.alternate(plan, List.copyOf(sides));
            System.out.println("without: " + sides.getFirst().details());
            Report.of(
                    "calls",
                    List.of(new Row(
                            "ingest with the log of calls, 64 connections",
                            "/s",
                            figures.get(1),
                            figures.get(0),
                            0.9,
                            true,
                            sides.get(1).details())));
        }
        return 0;
    }

    private static void stopLogging(HubUnderTest hub) throws IOException, InterruptedException {
        for (JsonNode source : hub.get("/api/v1/sources").path("data")) {
            if (source.path("name").asText().equals("rental-site")) {
                hub.change(
                        "/api/v1/sources/" + source.path("id").asLong(),
                        Json.object().put("log_calls", false));
            }
        }
    }
}
