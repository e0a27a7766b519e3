package dev.hookline;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.kernel.Json;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/**
 * A phone that pulls as badly as phones do: with any limit, two at a time, and with connections that are cut before the answer,
 * within it, or by the death of the hub. It remembers what each pull gave, to be held against the log.
 */
final class SyncingDevice {
    private static final Duration ANSWER_MAX = Duration.ofSeconds(30);
    private static final int LIMIT_MAX = 40;

    /** Where the hub is, once it is there. */
    interface Hub {
        URI address();

        /** Counts up each time the hub is killed. */
        int deaths();
    }

    /**
     * Pulls of one moment that were answered.
     *
     * @param after what the device had before
     * @param ids what it got, in order, each once
     * @param cut how many events at most were in answers that were cut since the device last got something new
     * @param mayRepeat whether the hub died since the device last got something new: what it had not written yet comes again
     */
    private record Step(long after, List<Long> ids, long cut, boolean mayRepeat) {}

    private final HttpClient http;
    private final Hub hub;
    private final String token;
    private final ObjectNode body;
    private final List<String> models;
    private final boolean sendsToken;
    private final SplittableRandom random;

    private final List<Step> steps = new ArrayList<>();
    private final List<Long> got = new ArrayList<>();
    private long last;
    private long cut;
    private int deaths;
    private boolean repeating;
    private int cuts;

    SyncingDevice(
            HttpClient http,
            Hub hub,
            String token,
            ObjectNode body,
            List<String> models,
            boolean sendsToken,
            SplittableRandom random) {
        this.http = http;
        this.hub = hub;
        this.token = token;
        this.body = body;
        this.models = models;
        this.sendsToken = sendsToken;
        this.random = random;
        models.forEach(body.putArray("models_filter")::add);
    }

    /** Pulls once, somehow. */
    void pullSomehow() {
        switch (random.nextInt(10)) {
            case 0, 1 -> cut(random.nextInt(1, LIMIT_MAX));
            case 2, 3 -> pullTwice();
            default -> take(List.of(pull(random.nextInt(1, LIMIT_MAX))));
        }
    }

    /** Pulls until nothing is left, as a phone does that has a good line at last. */
    void catchUp() {
        int before;
        do {
            before = steps.size();
            take(List.of(pull(500)));
        } while (!(steps.size() > before && steps.getLast().ids().isEmpty()));
    }

    private record Pull(int limit, int deathsBefore, CompletableFuture<HttpResponse<String>> answer) {}

    private Pull pull(int limit) {
        URI address = hub.address();
        int deathsBefore = hub.deaths();
        HttpRequest request = HttpRequest.newBuilder(address.resolve("/api/v2/sync/pull"))
                .timeout(ANSWER_MAX)
                .header("Authorization", "Bearer " + token)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body(limit)))
                .build();
        return new Pull(limit, deathsBefore, http.sendAsync(request, HttpResponse.BodyHandlers.ofString()));
    }

    private String body(int limit) {
        ObjectNode pull = body.deepCopy().put("limit", limit);
        return (sendsToken ? pull.put("sync_token", Long.toString(last)) : pull).toString();
    }

    private void pullTwice() {
        take(List.of(pull(random.nextInt(1, LIMIT_MAX)), pull(random.nextInt(1, LIMIT_MAX))));
    }

    /** Takes the answers of pulls that were under way together. One that is not answered was cut. */
    private void take(List<Pull> pulls) {
        TreeSet<Long> ids = new TreeSet<>();
        int answered = 0;
        int now = deaths;
        for (Pull pull : pulls) {
            HttpResponse<String> answer;
            try {
                answer = pull.answer().join();
            } catch (RuntimeException e) {
                wasCut(pull.limit());
                continue;
            }
            if (answer.statusCode() == 503) {
                continue;
            }
            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
            List<Long> page = new ArrayList<>();
            for (JsonNode event : Json.read(answer.body()).path("events")) {
                page.add(event.path("id").asLong());
            }
            assertThat(page).isSorted().hasSizeLessThanOrEqualTo(pull.limit());
            int before = ids.size();
            ids.addAll(page);
            if (!sendsToken) {
                assertThat(ids).as("two pulls at once gave the same").hasSize(before + page.size());
            }
            answered++;
            now = Math.max(now, pull.deathsBefore());
        }
        if (answered == 0) {
            return;
        }
        repeating |= now != deaths;
        deaths = now;
        steps.add(new Step(last, List.copyOf(ids), sendsToken ? 0 : cut, repeating));
        if (!ids.isEmpty() && ids.last() > last) {
            repeating = false;
            got.addAll(ids.tailSet(last, false));
            last = ids.last();
            cut = 0;
        }
    }

    private void wasCut(int limit) {
        cut += limit;
        cuts++;
    }

    /** Hangs up before the answer, or within it. */
    private void cut(int limit) {
        URI address = hub.address();
        byte[] payload = body(limit).getBytes(StandardCharsets.UTF_8);
        String head = """
                POST /api/v2/sync/pull HTTP/1.1\r
                Host: %s\r
                Authorization: Bearer %s\r
                Content-Type: application/json\r
                Content-Length: %d\r
                \r
                """.formatted(address.getAuthority(), token, payload.length);
        wasCut(limit);
        try (Socket socket = new Socket(address.getHost(), address.getPort())) {
            socket.getOutputStream().write(head.getBytes(StandardCharsets.UTF_8));
            socket.getOutputStream().write(payload);
            int bytes = random.nextInt(3) * 100;
            socket.getInputStream().skipNBytes(bytes);
            socket.setSoLinger(true, 0);
        } catch (IOException e) {
            // The hub died before: cut as well.
        }
    }

    int cuts() {
        return cuts;
    }

    /**
     * Holds every pull against the events of the device's filter, in the order of the log.
     *
     * @return how many events were lost with answers that were cut after they had left the hub
     */
    int assertComplete(List<Long> log) {
        int lost = 0;
        for (Step step : steps) {
            List<Long> fresh =
                    step.ids().stream().filter(id -> id > step.after()).toList();
            if (!step.mayRepeat()) {
                assertThat(fresh).as("%s got again what it had", this).hasSameSizeAs(step.ids());
            }
            if (fresh.isEmpty()) {
                continue;
            }
            List<Long> due = log.stream()
                    .filter(id -> id > step.after() && id <= fresh.getLast())
                    .toList();
            assertThat(due).as("%s got what is not its own", this).containsAll(fresh);
            int missing = due.size() - fresh.size();
            assertThat(missing)
                    .as("%s misses events after %d", this, step.after())
                    .isLessThanOrEqualTo((int) step.cut());
            lost += missing;
        }
        assertThat(got).isSorted().doesNotHaveDuplicates();
        if (sendsToken) {
            assertThat(lost).isZero();
            assertThat(got).as("%s", this).isEqualTo(log);
        }
        // In the end nothing was left: what lies above what the device has was lost with the cuts since.
        int behind = (int) log.stream().filter(id -> id > last).count();
        assertThat(behind).as("%s is behind", this).isLessThanOrEqualTo(sendsToken ? 0 : (int) cut);
        return lost + behind;
    }

    List<String> models() {
        return models;
    }

    @Override
    public String toString() {
        return (sendsToken ? "with token " : "without token ") + body;
    }

    /** A random choice of models, one at least. */
    static List<String> choose(List<String> models, SplittableRandom random) {
        Supplier<List<String>> choice =
                () -> models.stream().filter(_ -> random.nextBoolean()).toList();
        List<String> chosen = choice.get();
        return chosen.isEmpty() ? List.of(models.getFirst()) : chosen;
    }
}
