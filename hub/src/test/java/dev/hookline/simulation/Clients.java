package dev.hookline.simulation;

import static dev.hookline.simulation.Violation.require;

import dev.hookline.eventlog.AppendRequest;
import dev.hookline.eventlog.AppendResult;
import dev.hookline.eventlog.EventData;
import dev.hookline.eventlog.Operation;
import dev.hookline.eventlog.Priority;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Those that send events in. What has a key is sent again until it is answered; what has none, only after a refusal. */
final class Clients {
    private static final int RECORDS = 4;
    private static final List<Priority> PRIORITIES = List.of(Priority.values());
    private static final Instant OCCURRED = Instant.parse("2026-01-02T03:04:05Z");
    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final Duration PAUSE = Duration.ofSeconds(2);

    private static final class Request {
        final String name;
        final String tenant;
        final String type;
        final int events;
        final @Nullable String key;
        final boolean bad;
        final List<String> submissions = new ArrayList<>();
        boolean answered;
        long first;

        Request(String name, String tenant, String type, int events, @Nullable String key, boolean bad) {
            this.name = name;
            this.tenant = tenant;
            this.type = type;
            this.events = events;
            this.key = key;
            this.bad = bad;
        }
    }

    private final Simulation world;
    private final Scheduler scheduler;
    private final List<Request> requests = new ArrayList<>();

    Clients(Simulation world) {
        this.world = world;
        this.scheduler = world.scheduler;
    }

    void send(String tenant, String type) {
        String name = "r" + requests.size();
        boolean bad = scheduler.chance(0.03);
        String key = scheduler.chance(0.6) ? name : null;
        Request request = new Request(name, tenant, type, bad ? 1 : 1 + scheduler.random.nextInt(3), key, bad);
        requests.add(request);
        submit(request);
    }

    private void submit(Request request) {
        SimulatedHub hub = world.anyHub();
        if (hub == null) {
            again(request);
            return;
        }
        String submission = "{\"s\":\"" + request.name + "." + request.submissions.size() + "\"}";
        request.submissions.add(submission);
        List<EventData> events = IntStream.range(0, request.events)
                .mapToObj(i -> event(request, request.bad ? SimulatedLog.BAD_KEY : request.name + "-" + i, submission))
                .toList();
        hub.trace("gets " + submission);
        hub.submit(new AppendRequest(events, request.key), result -> answer(request, submission, result));
        if (request.key != null) {
            scheduler.in(PATIENCE.toNanos(), () -> {
                if (!request.answered) {
                    submit(request);
                }
            });
        }
    }

    /** Few records, so that many events are of one; the source tells events apart. */
    private static EventData event(Request request, String name, String payload) {
        int hash = Math.floorMod(name.hashCode(), 1_000);
        return new EventData(
                request.tenant,
                name,
                "booking",
                null,
                "record-" + hash % RECORDS,
                Operation.CREATE,
                request.type,
                PRIORITIES.get(hash / RECORDS % PRIORITIES.size()),
                EventData.BUSINESS,
                OCCURRED,
                null,
                payload,
                null);
    }

    private void again(Request request) {
        scheduler.in(scheduler.upTo(PAUSE), () -> {
            if (!request.answered) {
                submit(request);
            }
        });
    }

    private void answer(Request request, String submission, AppendResult result) {
        world.trace("client", submission + " is answered", result);
        switch (result) {
            case AppendResult.Appended(long first, int count) -> acknowledged(request, first, count);
            case AppendResult.Duplicate(long first, int count) -> {
                require(request.key != null, LogInvariants.NOTHING_LOST, request.name + " is no duplicate");
                acknowledged(request, first, count);
            }
            case AppendResult.Refused _ -> {
                require(request.bad, LogInvariants.NOTHING_LOST, request.name + " was refused for another's fault");
                request.answered = true;
                world.logInvariants.denied(submission, result);
            }
            case AppendResult.Unavailable _ -> {
                world.logInvariants.denied(submission, result);
                again(request);
            }
        }
    }

    private void acknowledged(Request request, long first, int count) {
        world.logInvariants.acknowledged(request.name, first, count, request.events);
        require(
                !request.answered || request.first == first,
                LogInvariants.NOTHING_LOST,
                request.name + " is at " + request.first + " and at " + first);
        request.answered = true;
        request.first = first;
    }

    /** Whether everyone who waits for an answer has it. */
    boolean allAnswered() {
        return requests.stream().allMatch(request -> request.key == null || request.answered);
    }

    int count() {
        return requests.size();
    }

    /** At the end: what was acknowledged is there once, and so is what has a key. */
    void check() {
        for (Request request : requests) {
            long stored = request.submissions.stream()
                    .filter(submission -> !world.logInvariants.of(submission).isEmpty())
                    .count();
            boolean kept = request.answered && !request.bad;
            require(!kept || stored == 1, LogInvariants.NOTHING_LOST, request.name + " is stored " + stored + " times");
            require(stored <= 1, LogInvariants.NOTHING_LOST, request.name + " is stored " + stored + " times");
            require(
                    request.key == null || request.answered,
                    LogInvariants.NOTHING_LOST,
                    request.name + " was never answered");
        }
    }
}
