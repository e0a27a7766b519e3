package dev.hookline.bench;

import dev.hookline.kernel.Json;
import dev.hookline.kernel.Time;
import dev.hookline.postgres.Database;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** To one subscription: a stored backlog, and webhooks as they come in, beside an HTTP client that only posts. */
@Command(name = "delivery", description = "Backlog and fresh events to one subscription, beside a bare HTTP client.")
final class DeliveryBench implements Callable<Integer> {
    private static final String STORED = "bench.stored";
    private static final String FRESH = "booking.created";
    private static final int CONNECTIONS = 64;
    private static final int EACH = 1_000;

    @Mixin
    private Plan plan = new Plan();

    @Option(
            names = "--backlog",
            defaultValue = "50000",
            description = "events stored before they are delivered (default: ${DEFAULT-VALUE})")
    private int backlog;

    /** The last body that the hub sent. */
    private volatile Buffer posted = Buffer.buffer();

    @Override
    public Integer call() throws Exception {
        try (Sink sink = new Sink((_, body) -> {
                    posted = body;
                    return Sink.TAKEN;
                });
                HubUnderTest hub = HubUnderTest.start();
                Database database = new Database(hub.database(), 1);
                ChildProcess poster = ChildProcess.ofBench("limit-poster", Integer.toString(sink.port()))) {
            long stored = hub.subscribe(sink.url("/stored"), STORED);
            hub.subscribe(sink.url("/fresh"), FRESH);
            PreparedRequests fresh = BookingRequests.of(List.of(FRESH), backlog, false);
            LoadGenerator load = new LoadGenerator(hub.port(), CONNECTIONS, fresh);
            List<Figures> figures = Rounds.alternate(
                    plan,
                    List.of(
                            duration -> storedPerSecond(hub, database, sink, stored, duration),
                            duration -> freshPerSecond(load, fresh, sink, duration),
                            duration -> postedPerSecond(poster, sink, duration)));
            Report.of(
                    "delivery",
                    List.of(
                            row("stored backlog to delivered", figures.getFirst(), figures.getLast(), 0.55),
                            row("HTTP ingest to delivered", figures.get(1), figures.getLast(), 0.2)));
        }
        return 0;
    }

    private static Row row(String name, Figures measured, Figures limit, double target) {
        return new Row(name, "/s", measured, limit, target, true, "");
    }

    /** Publishes while the subscription is paused, waits until all is due, resumes it, and takes the time from there. */
    private double storedPerSecond(HubUnderTest hub, Database database, Sink sink, long subscription, Duration duration)
            throws Exception {
        long events = 0;
        long nanos = 0;
        while (nanos < duration.toNanos()) {
            String path = HubUnderTest.SUBSCRIPTIONS + "/" + subscription;
            hub.post(path + "/pause", Json.object());
            PreparedRequests requests = PublishRequests.of(hub.authorization(), STORED, backlog, EACH, false);
            new LoadGenerator(hub.port(), 4, requests).run(backlog / EACH);
            awaitDue(database, backlog);
            long before = sink.taken();
            long from = System.nanoTime();
            hub.post(path + "/resume", Json.object());
            sink.await(before + backlog);
            nanos += System.nanoTime() - from;
            events += backlog;
        }
        return events / (nanos / 1e9);
    }

    /** Waits until so many deliveries wait in the store. */
    static void awaitDue(Database database, int wanted) throws InterruptedException {
        while (database.jdbi()
                        .withHandle(db -> db.createQuery("SELECT count(*) FROM delivery_due WHERE holder IS NULL")
                                .mapTo(Integer.class)
                                .one())
                < wanted) {
            Time.system().sleep(Duration.ofMillis(100));
        }
    }

    private static double freshPerSecond(LoadGenerator load, PreparedRequests requests, Sink sink, Duration duration)
            throws Exception {
        long sent = requests.sent();
        long before = sink.taken();
        long from = System.nanoTime();
        load.run(duration);
        sink.await(before + requests.sent() - sent);
        return (requests.sent() - sent) / ((System.nanoTime() - from) / 1e9);
    }

    private double postedPerSecond(ChildProcess poster, Sink sink, Duration duration)
            throws IOException, InterruptedException {
        long events = 0;
        long nanos = 0;
        try (HttpClient http = HttpClient.newHttpClient()) {
            HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + poster.readyLine()))
                    .header(LimitPoster.COUNT, Integer.toString(backlog))
                    .POST(HttpRequest.BodyPublishers.ofByteArray(posted.getBytes()))
                    .build();
            while (nanos < duration.toNanos()) {
                long before = sink.taken();
                long from = System.nanoTime();
                HttpResponse<String> answer = http.send(request, HttpResponse.BodyHandlers.ofString());
                nanos += System.nanoTime() - from;
                events += backlog;
                if (answer.statusCode() != 200) {
                    throw new IOException("Posting failed: " + answer.body());
                }
                sink.await(before + backlog);
            }
        }
        return events / (nanos / 1e9);
    }
}
