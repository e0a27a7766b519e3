package dev.hookline.bench;

import java.io.IOException;
import java.net.http.HttpClient;
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
    @Mixin
    private Plan plan = new Plan();

    @Option(names = "--clients", defaultValue = "10000", description = "that follow (default: ${DEFAULT-VALUE})")
    private int clients;

    /** Of each time that the clients were connected to the hub, the warm-up included. */
    private final List<Double> heapEach = new ArrayList<>();

    @Override
    public Integer call() throws Exception {
        try (HubUnderTest hub = HubUnderTest.start();
                ChildProcess bare = ChildProcess.ofBench("limit-stream");
                HttpClient http = HttpClient.newHttpClient()) {
            int barePort = Integer.parseInt(bare.readyLine());
            EventSource ofHub = EventSource.of(hub);
            EventSource ofBare = EventSource.of(http, barePort);
            double idleHeap = LiveHeap.kilobytes(hub.handle());
            List<Figures> figures = Rounds.alternate(
                    plan,
                    List.of(
                            duration -> {
                                try (Followers all = new Followers(hub.port(), hub.authorization())) {
                                    all.openStreams(clients);
                                    heapEach.add((LiveHeap.kilobytes(hub.handle()) - idleHeap) / clients);
                                    return millisToLast(all, ofHub, duration);
                                }
                            },
                            duration -> {
                                try (Followers all = new Followers(barePort, "none")) {
                                    all.openStreams(clients);
                                    return millisToLast(all, ofBare, duration);
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
    private static double millisToLast(Followers all, EventSource source, Duration duration)
            throws IOException, InterruptedException {
        long nanos = 0;
        int count = 0;
        while (nanos < duration.toNanos()) {
            long from = System.nanoTime();
            source.emit();
            count++;
            all.follow(count, (_, _) -> {});
            nanos += System.nanoTime() - from;
        }
        return nanos / 1e6 / count;
    }
}
