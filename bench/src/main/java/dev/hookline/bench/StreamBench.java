package dev.hookline.bench;

import dev.hookline.kernel.Json;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Ten thousand open event streams: what one that is idle takes of the heap, and how long an event takes to all of them. */
@Command(name = "stream", description = "10,000 SSE clients, beside a bare writer.")
final class StreamBench implements Callable<Integer> {
    private static final String FRAME =
            "id: 1234567\ndata: {\"position\":1234567,\"tenant\":\"default\",\"source\":\"publish\","
                    + "\"model\":\"bench\",\"record_key\":\"1\",\"operation\":\"manual\",\"event_type\":\"bench.stream\","
                    + "\"priority\":\"medium\",\"category\":\"business\",\"occurred_at\":\"2026-11-24T12:00:00.000000Z\","
                    + "\"received_at\":\"2026-11-24T12:00:00.000000Z\",\"changed_fields\":null,\"payload\":{\"n\":1}}\n\n";

    @Mixin
    private Plan plan = new Plan();

    @Option(names = "--clients", defaultValue = "10000", description = "that follow (default: ${DEFAULT-VALUE})")
    private int clients;

    /** Of each time that the clients were connected to the hub, the warm-up included. */
    private final List<Double> heapEach = new ArrayList<>();

    private interface Emit {
        void one() throws IOException, InterruptedException;
    }

    @Override
    public Integer call() throws Exception {
        try (HubUnderTest hub = HubUnderTest.start();
                ChildProcess bare = ChildProcess.ofBench("limit-stream");
                HttpClient http = HttpClient.newHttpClient()) {
            HttpRequest frame = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + bare.readyLine()))
                    .POST(HttpRequest.BodyPublishers.ofString(FRAME))
                    .build();
            int barePort = Integer.parseInt(bare.readyLine());
            double idleHeap = liveHeap(hub.handle());
            List<Figures> figures = Rounds.alternate(
                    plan,
                    List.of(
                            duration -> {
                                try (StreamClients all = new StreamClients(hub.port(), clients, hub.authorization())) {
                                    heapEach.add((liveHeap(hub.handle()) - idleHeap) / 1_024 / clients);
                                    return millisToLast(all, () -> publish(hub), duration);
                                }
                            },
                            duration -> {
                                try (StreamClients all = new StreamClients(barePort, clients, "none")) {
                                    return millisToLast(
                                            all,
                                            () -> http.send(frame, HttpResponse.BodyHandlers.discarding()),
                                            duration);
                                }
                            }));
            String each = String.format(Locale.ROOT, "%,d clients", clients);
            Report.of(
                    "stream",
                    List.of(
                            new Row(
                                    "heap of an idle stream, " + each,
                                    "kB",
                                    new Figures(heapEach.subList(heapEach.size() - plan.rounds(), heapEach.size())),
                                    null,
                                    12,
                                    false,
                                    "live objects with the clients connected, less those before"),
                            new Row(
                                    "until the last has an event, " + each,
                                    "ms",
                                    figures.getFirst(),
                                    figures.getLast(),
                                    1.5,
                                    false,
                                    "the hub's figure includes the commit")));
        }
        return 0;
    }

    /** The mean over the events of one round. */
    private static double millisToLast(StreamClients all, Emit emit, Duration duration)
            throws IOException, InterruptedException {
        long nanos = 0;
        int count = 0;
        while (nanos < duration.toNanos()) {
            long from = System.nanoTime();
            emit.one();
            all.awaitEvent();
            nanos += System.nanoTime() - from;
            count++;
        }
        return nanos / 1e6 / count;
    }

    private static void publish(HubUnderTest hub) throws IOException, InterruptedException {
        hub.post(
                PublishRequests.PATH,
                Json.object()
                        .put("event", "bench.stream")
                        .put("resource_type", "bench")
                        .put("resource_id", "1")
                        .set("data", Json.object().put("n", 1)));
    }

    /** Bytes of all live objects, after a full collection. */
    private static double liveHeap(ProcessHandle java) throws IOException {
        Process jcmd = new ProcessBuilder(
                        ChildProcess.java("jcmd").toString(), Long.toString(java.pid()), "GC.class_histogram")
                .redirectErrorStream(true)
                .start();
        String last = jcmd.inputReader(StandardCharsets.UTF_8)
                .lines()
                .filter(line -> line.startsWith("Total"))
                .findFirst()
                .orElseThrow(() -> new IOException("jcmd did not tell the heap of " + java.pid()));
        return Double.parseDouble(last.strip().replaceAll(".*\\s", ""));
    }
}
