package dev.hookline;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Bodies nobody thought of, from a seeded generator, against every receiver: none is answered 500, what is answered 200 is
 * stored whole, with its record, and what is not is not stored at all. Another seed: {@code -Dhookline.seed=7}.
 */
class InboundPropertyIT {
    private static final long SEED = Long.getLong("hookline.seed", 20_261_124);
    private static final int BODIES = 600;
    private static final List<String> RECEIVERS = List.of(
            "/in/raw",
            "/in/order",
            "/api/v2/webhooks/orders",
            "/api/webhook/booking",
            "/api/webhook/inventory",
            "/api/v1/webhooks/receive");
    private static final String EVENTS_WITHOUT_RECORD = """
            SELECT count(*) AS missing FROM event e LEFT JOIN record r
              ON r.tenant = e.tenant AND r.model = e.model AND r.key = e.record_key AND r.last_position >= e.position
            WHERE r.key IS NULL AND e.source <> 'raw'""";
    private static final String BATCH = """
            {"split": "items", "model": "thing", "record_key": {"from": "key"}, "fields": [{"name": "amount", "from": "amount", "type": "decimal"}]}""";

    @TempDir
    Path data;

    private final Random random = new Random(SEED);

    @Test
    void nothingIsAnswered500OrStoredByHalf() {
        try (HubProcess hub = HubProcess.start(data, Map.of())) {
            String[] token = {"Authorization", "Bearer " + hub.token()};
            make(hub, token, "raw", "\"raw\"");
            make(hub, token, "order", "\"order\"");
            long head = 0;
            Map<String, Set<Integer>> statuses = new HashMap<>();
            for (int i = 0; i < BODIES; i++) {
                byte[] body = body();
                boolean form = random.nextInt(20) == 0;
                String receiver = RECEIVERS.get(random.nextInt(RECEIVERS.size()));
                HttpResponse<String> answer = hub.send(HttpRequest.newBuilder(hub.uri(receiver))
                        .headers(token)
                        .header("Content-Type", form ? "application/x-www-form-urlencoded" : "application/json")
                        .POST(BodyPublishers.ofByteArray(body)));
                String sent = "seed %d, body %d to %s: %s".formatted(SEED, i, receiver, preview(body));

                assertThat(answer.statusCode()).as(sent).isIn(200, 400, 413, 422);
                statuses.computeIfAbsent(receiver, _ -> new HashSet<>()).add(answer.statusCode());
                JsonNode json = HubProcess.json(answer);
                if (answer.statusCode() != 200) {
                    assertThat(json.path("error").isMissingNode()).as(sent).isEqualTo(json.has("success"));
                } else if (json.has("order_id")) {
                    head++;
                } else {
                    assertThat(json.path("event_id").asLong()).as(sent).isEqualTo(head + 1);
                    head += json.path("count").asInt(1);
                }
            }
            assertThat(statuses).hasSize(RECEIVERS.size());
            assertThat(statuses.values())
                    .allSatisfy(seen -> assertThat(seen).contains(200, 400).hasSizeGreaterThan(1));
            assertThat(hub.sql(EVENTS_WITHOUT_RECORD).lines().toList().get(2).strip())
                    .isEqualTo("0");
            assertThat(readAll(hub, token, head)).isEqualTo(head);
            assertThat(hub.output()).doesNotContain(" ERROR ");
        }
    }

    @Test
    void batchIsStoredWholeOrNotAtAll() {
        try (HubProcess hub = HubProcess.start(data, Map.of())) {
            String[] token = {"Authorization", "Bearer " + hub.token()};
            make(hub, token, "batch", BATCH);
            long head = 0;
            for (int i = 0; i < 100; i++) {
                int items = 1 + random.nextInt(20);
                int bad = random.nextBoolean() ? random.nextInt(items) : -1;
                String list = IntStream.range(0, items)
                        .mapToObj(n -> n == bad
                                ? "{\"key\":\"k" + n + "\",\"amount\":\"much\"}"
                                : "{\"key\":\"k" + n + "\",\"amount\":\"1.50\"}")
                        .collect(Collectors.joining(","));

                HttpResponse<String> answer = hub.post("/in/batch", "{\"items\":[" + list + "]}");

                assertThat(answer.statusCode()).as(answer.body()).isEqualTo(bad < 0 ? 200 : 422);
                if (bad < 0) {
                    assertThat(HubProcess.json(answer).path("event_id").asLong())
                            .isEqualTo(head + 1);
                    head += items;
                } else {
                    assertThat(answer.body()).contains("[" + bad + "]");
                }
            }
            assertThat(readAll(hub, token, head)).isEqualTo(head);
        }
    }

    private static void make(HubProcess hub, String[] token, String name, String mapping) {
        HttpResponse<String> made = hub.post(
                "/api/v1/sources",
                "{\"name\":\"%s\",\"scheme\":{\"name\":\"none\"},\"mapping\":%s}".formatted(name, mapping),
                token);
        assertThat(made.statusCode()).as(made.body()).isEqualTo(201);
    }

    /** Every event as it streams, each parsing on its own; answers how many there are. */
    private static long readAll(HubProcess hub, String[] token, long head) {
        try (EventStream stream = EventStream.open(hub.uri("/api/events?since=0"), token)) {
            var messages = stream.await((int) head);
            assertThat(messages)
                    .allSatisfy(
                            message -> assertThat(message.data().has("data")).isTrue());
            return messages.size();
        }
    }

    private static String preview(byte[] body) {
        String text = new String(body, StandardCharsets.ISO_8859_1);
        return text.length() > 300 ? text.substring(0, 300) + "…" : text;
    }

    // ---- The generator ----------------------------------------------------------------------------------------------

    private byte[] body() {
        return switch (random.nextInt(14)) {
            case 0 -> ("\uFEFF" + object(3)).getBytes(UTF_8);
            case 1 -> nested(random.nextInt(400)).getBytes(UTF_8);
            case 2 -> manyKeys(10_000).getBytes(UTF_8);
            case 3 -> "{\"order_number\":\"A\",\"a\":1,\"a\":2,\"a\":{\"a\":3,\"a\":4}}".getBytes(UTF_8);
            case 4 -> broken(object(3).getBytes(UTF_8));
            case 5 -> cut(object(3).getBytes(UTF_8));
            case 6 -> gzip(object(3).getBytes(UTF_8));
            case 7 -> object(3).getBytes(StandardCharsets.UTF_16);
            case 8 -> value(3).getBytes(UTF_8);
            case 9 -> escaped(object(3)).getBytes(UTF_8);
            case 10 -> new byte[random.nextInt(3)];
            default -> object(4).getBytes(UTF_8);
        };
    }

    private String object(int depth) {
        StringBuilder object = new StringBuilder("{" + start());
        int fields = random.nextInt(6);
        for (int i = 0; i < fields; i++) {
            object.append(',').append(string(random.nextInt(8))).append(':').append(value(depth - 1));
        }
        return object.append('}').toString();
    }

    /** What one of the receivers needs, or nearly. */
    private String start() {
        String key = random.nextInt(4) == 0 ? value(0) : "\"K" + random.nextInt(50) + "\"";
        return switch (random.nextInt(5)) {
            case 0 -> "\"order_number\":" + value(0);
            case 1 -> "\"order_number\":" + key;
            case 2 -> "\"event_type\":\"booking.modified\",\"booking_ref\":" + key;
            case 3 -> "\"event_type\":\"price.updated\",\"vehicle_id\":" + random.nextInt(100);
            default -> "\"event\":\"write\",\"model\":\"sale.order\",\"record_id\":" + (1 + random.nextInt(100));
        };
    }

    private String value(int depth) {
        return switch (random.nextInt(depth > 0 ? 9 : 7)) {
            case 0 -> "null";
            case 1 -> Boolean.toString(random.nextBoolean());
            case 2 -> Long.toString(random.nextLong());
            case 3 -> number();
            case 4, 5, 6 -> string(random.nextInt(20));
            case 7 -> object(depth);
            default ->
                IntStream.range(0, random.nextInt(4))
                        .mapToObj(_ -> value(depth - 1))
                        .collect(Collectors.joining(",", "[", "]"));
        };
    }

    private String number() {
        return switch (random.nextInt(5)) {
            case 0 -> "1" + "0".repeat(random.nextInt(600));
            case 1 -> "-0." + "0".repeat(random.nextInt(500)) + "1";
            case 2 -> "1e" + random.nextInt(500_000);
            case 3 -> "1E-" + random.nextInt(1_000);
            default -> random.nextDouble() + "00";
        };
    }

    private String string(int chars) {
        StringBuilder string = new StringBuilder("\"");
        for (int i = 0; i < chars; i++) {
            switch (random.nextInt(30)) {
                case 0 -> string.append("\\u0000");
                case 1 -> string.append("\\ud834");
                case 2 -> string.append("\\ud834\\udd1e");
                case 3 -> string.append("𝄞");
                case 4 -> string.append("\\\"");
                case 5 -> string.append("\\n");
                case 6 -> string.append((char) (0x80 + random.nextInt(0x5000)));
                default -> string.append((char) ('a' + random.nextInt(26)));
            }
        }
        return string.append('"').toString();
    }

    private String escaped(String json) {
        Function<Integer, String> escape = c -> Character.isLetter(c) && random.nextBoolean() && c < 0x10000
                ? "\\u%04x".formatted(c)
                : Character.toString(c);
        return "{\"order_number\":\"E\",\"text\":\""
                + "abcüß".chars().boxed().map(escape).collect(Collectors.joining())
                + "\",\"nested\":"
                + json
                + "}";
    }

    private static String nested(int depth) {
        return "{\"order_number\":\"D\",\"a\":" + "[".repeat(depth) + "]".repeat(depth) + "}";
    }

    private static String manyKeys(int keys) {
        return IntStream.range(0, keys)
                .mapToObj(i -> "\"k" + i + "\":" + i)
                .collect(Collectors.joining(",", "{\"order_number\":\"M\",", "}"));
    }

    /** Some bytes are others, so that it is seldom JSON and seldom UTF-8. */
    private byte[] broken(byte[] bytes) {
        for (int i = 0; i < 1 + bytes.length / 50; i++) {
            bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
        }
        return bytes;
    }

    private byte[] cut(byte[] bytes) {
        return Arrays.copyOf(bytes, random.nextInt(bytes.length));
    }

    private static byte[] gzip(byte[] bytes) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream zip = new GZIPOutputStream(out)) {
            zip.write(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }
}
