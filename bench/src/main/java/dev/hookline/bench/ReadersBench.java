package dev.hookline.bench;

import dev.hookline.bench.Followers.Kind;
import dev.hookline.kernel.Time;
import java.io.IOException;
import java.net.http.HttpClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Event streams and WebSockets on one hub while events come at an even pace: how late each has them, and what it takes. */
@Command(name = "readers", description = "10,000 SSE and 2,000 WebSocket clients, 5 events/s, beside a bare writer.")
final class ReadersBench implements Callable<Integer> {
    private static final double HEAP_KILOBYTES_MAX = 12;
    private static final double TIMES_BARE_MAX = 1.5;
    private static final double ALL = 100;
    private static final long MICROS_MAX = 60_000_000;
    private static final Duration BEFORE_THE_FIRST = Duration.ofMillis(500);

    @Mixin
    private Plan plan = new Plan();

    @Option(names = "--streams", defaultValue = "10000", description = "SSE clients (default: ${DEFAULT-VALUE})")
    private int streams;

    @Option(names = "--sockets", defaultValue = "2000", description = "WebSocket clients (default: ${DEFAULT-VALUE})")
    private int sockets;

    @Option(names = "--rate", defaultValue = "5", description = "events a second to all (default: ${DEFAULT-VALUE})")
    private int rate;

    /** What one round showed of one kind: the latency in microseconds, and kilobytes of heap for a connection. */
    private record Seen(Histogram latency, double heap) {}

    /** What one round showed. */
    private record Round(Seen streams, Seen sockets, String details) {
        Seen of(Kind kind) {
            return switch (kind) {
                case STREAM -> streams;
                case SOCKET -> sockets;
            };
        }
    }

    /** A server that clients follow. */
    private final class Side implements Rounds.Side {
        private final ProcessHandle server;
        private final int port;
        private final String authorization;
        private final EventSource source;
        private final @Nullable CpuShare cpu;
        private final List<Round> rounds = new ArrayList<>();

        Side(ProcessHandle server, int port, String authorization, EventSource source, @Nullable CpuShare cpu) {
            this.server = server;
            this.port = port;
            this.authorization = authorization;
            this.source = source;
            this.cpu = cpu;
        }

        @Override
        public double measure(Duration duration) throws IOException {
            try (Followers followers = new Followers(port, authorization)) {
                double without = LiveHeap.kilobytes(server);
                followers.openStreams(streams);
                double withStreams = LiveHeap.kilobytes(server);
                followers.openSockets(sockets);
                double withAll = LiveHeap.kilobytes(server);
                followers.pong();
                Seen ofStreams = new Seen(new Histogram(MICROS_MAX, 3), (withStreams - without) / streams);
                Seen ofSockets = new Seen(new Histogram(MICROS_MAX, 3), (withAll - withStreams) / sockets);
                int events = (int) duration.toSeconds() * rate;
                CpuShare share = cpu;
                CpuShare.Mark before = share == null ? null : share.mark();
                follow(followers, events, ofStreams.latency(), ofSockets.latency());
                String details =
                        share == null || before == null ? "" : share.since(before, (long) events * (streams + sockets));
                rounds.add(new Round(ofStreams, ofSockets, details));
                return ofStreams.latency().getValueAtPercentile(99) / 1e3;
            }
        }

        /** The time runs from when the event was due, so that a publisher that is held up does not flatter what follows. */
        private void follow(Followers followers, int events, Histogram ofStreams, Histogram ofSockets)
                throws IOException {
            long first = System.nanoTime() + BEFORE_THE_FIRST.toNanos();
            long pace = Duration.ofSeconds(1).dividedBy(rate).toNanos();
            try (ExecutorService publisher = Executors.newSingleThreadExecutor()) {
                CompletableFuture<Void> publishing =
                        CompletableFuture.runAsync(() -> publish(events, first, pace), publisher);
                try {
                    followers.follow(
                            events,
                            (kind, event) -> (kind == Kind.STREAM ? ofStreams : ofSockets)
                                    .recordValue((System.nanoTime() - first - event * pace) / 1_000));
                } catch (IOException e) {
                    if (publishing.isCompletedExceptionally()) {
                        e.addSuppressed(publishing.exceptionNow());
                    }
                    throw e;
                }
            }
        }

        private void publish(int events, long first, long pace) {
            for (int event = 0; event < events; event++) {
                try {
                    Time.system().sleep(Duration.ofNanos(Math.max(0, first + event * pace - System.nanoTime())));
                    source.emit();
                } catch (IOException | InterruptedException e) {
                    throw new IllegalStateException("Event " + event + " was not published", e);
                }
            }
        }

        Figures figures(ToDoubleFunction<Round> of) {
            return new Figures(counted().stream().map(of::applyAsDouble).toList());
        }

        /** Who used the processors, for each round: one that others have disturbed is known by it. */
        String details() {
            return counted().stream().map(Round::details).collect(Collectors.joining("\n    "));
        }

        private List<Round> counted() {
            return rounds.subList(rounds.size() - plan.rounds(), rounds.size());
        }
    }

    @Override
    public Integer call() throws Exception {
        try (HubUnderTest hub = HubUnderTest.start();
                ChildProcess bare = ChildProcess.ofBench("limit-stream");
                HttpClient http = HttpClient.newHttpClient()) {
            int barePort = Integer.parseInt(bare.readyLine());
            Side ofHub = new Side(hub.handle(), hub.port(), hub.authorization(), EventSource.of(hub), hub.cpu());
            Side ofBare = new Side(bare.handle(), barePort, "none", EventSource.of(http, barePort), null);
            Rounds.alternate(plan, List.of(ofHub, ofBare));
            Report.of("readers", rows(ofHub, ofBare));
        }
        return 0;
    }

    private List<Row> rows(Side hub, Side bare) {
        List<Row> rows = new ArrayList<>();
        for (Kind kind : Kind.values()) {
            String name = kind == Kind.STREAM
                    ? String.format(Locale.ROOT, "%,d streams", streams)
                    : String.format(Locale.ROOT, "%,d WebSockets", sockets);
            for (double percent : new double[] {50, 99, ALL}) {
                ToDoubleFunction<Round> millis =
                        round -> round.of(kind).latency().getValueAtPercentile(percent) / 1e3;
                String which = percent == ALL ? "latest" : "p" + (int) percent;
                rows.add(new Row(
                        name + ", " + which,
                        "ms",
                        hub.figures(millis),
                        bare.figures(millis),
                        TIMES_BARE_MAX,
                        false,
                        ""));
            }
            ToDoubleFunction<Round> heap = round -> round.of(kind).heap();
            Figures beside = bare.figures(heap);
            String cpu = kind == Kind.STREAM ? "" : "\n    " + hub.details();
            rows.add(new Row(
                    name + ", heap of each",
                    "kB",
                    hub.figures(heap),
                    null,
                    HEAP_KILOBYTES_MAX,
                    false,
                    String.format(Locale.ROOT, "of a bare writer's: %.1f kB%s", beside.median(), cpu)));
        }
        return rows;
    }
}
