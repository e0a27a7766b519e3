package dev.hookline.intake;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.access.IpLiteral;
import dev.hookline.eventlog.AppendRequest;
import dev.hookline.eventlog.EventData;
import dev.hookline.http.Problem;
import dev.hookline.intake.signature.Proof;
import dev.hookline.intake.signature.SignedCall;
import dev.hookline.intake.signature.Verdict;
import dev.hookline.kernel.Ids;
import dev.hookline.kernel.Json;
import java.net.InetAddress;
import java.net.URLEncoder;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A call that is only tried: every step with its outcome, and nothing stored. {@code payload} or {@code body} (a text) is
 * what is sent, with {@code headers}, {@code query}, {@code path_secret} and {@code address}; with {@code "sign": true} it
 * is signed as the sender would, and the answer shows how.
 */
final class SourceTrial {
    private static final Set<String> FIELDS =
            Set.of("payload", "body", "headers", "query", "path_secret", "address", "sign");

    private static final Set<String> SHOWN_SECRET = Set.of("basic", "bearer", "api-key", "url-secret");
    private static final String PLACEHOLDER = "YOUR-SECRET-GOES-HERE";

    private final LiveSource source;
    private final Instant now;
    private final String path;
    private final ObjectNode answer = Json.object();
    private final ArrayNode steps;
    private final ObjectNode given;
    private final byte[] body;
    private final Map<String, String> headers;
    private final Map<String, String> query;
    private @Nullable String pathSecret;

    private SourceTrial(LiveSource source, String path, ObjectNode given, Instant now) throws Problem {
        for (var field : given.properties()) {
            if (!FIELDS.contains(field.getKey())) {
                throw Problem.field(field.getKey(), "'" + field.getKey() + "' means nothing here");
            }
        }
        this.source = source;
        this.path = path;
        this.given = given;
        this.now = now;
        this.answer.put("accepted", false);
        this.steps = answer.putArray("steps");
        this.headers = texts(given, "headers");
        this.query = texts(given, "query");
        this.pathSecret = given.path("path_secret").asText(null);
        JsonNode text = given.get("body");
        this.body = text == null
                ? Json.write(given.has("payload") ? given.get("payload") : Json.object())
                        .getBytes(UTF_8)
                : text.asText().getBytes(UTF_8);
    }

    private static Map<String, String> texts(ObjectNode given, String field) throws Problem {
        Map<String, String> texts = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        JsonNode object = given.path(field);
        if (!object.isMissingNode() && !object.isObject()) {
            throw Problem.field(field, "'" + field + "' must be an object of texts");
        }
        object.properties()
                .forEach(entry -> texts.put(entry.getKey(), entry.getValue().asText()));
        return texts;
    }

    /** Runs it. Problems are of the request itself; what the source says of the call is in the answer. */
    static ObjectNode run(LiveSource source, String path, ObjectNode given, Instant now) throws Problem {
        SourceTrial trial = new SourceTrial(source, path, given, now);
        if (given.path("sign").asBoolean()) {
            trial.sign();
        }
        trial.receive();
        return trial.answer;
    }

    private void sign() throws Problem {
        String id = "test_" + Ids.requestId();
        Optional<Proof> proof = source.verifier().current().prove(body, id, now);
        if (proof.isEmpty()) {
            throw Problem.field("sign", "Only the sender has the private key, and can sign");
        }
        headers.putAll(proof.get().headers());
        query.putAll(proof.get().query());
        if (proof.get().pathSecret() != null) {
            pathSecret = proof.get().pathSecret();
        }
        boolean secretItself = SHOWN_SECRET.contains(source.scheme().name());
        Proof shown = secretItself
                ? source.scheme().under(PLACEHOLDER).prove(body, id, now).orElse(proof.get())
                : proof.get();
        show(shown);
    }

    private void show(Proof proof) {
        ObjectNode signed = answer.putObject("signed");
        String parameters = proof.query().entrySet().stream()
                .map(entry -> entry.getKey() + "=" + URLEncoder.encode(entry.getValue(), UTF_8))
                .collect(Collectors.joining("&"));
        String url = path
                + (proof.pathSecret() == null ? "" : "/" + proof.pathSecret())
                + (parameters.isEmpty() ? "" : "?" + parameters);
        signed.put("path", url);
        ObjectNode shown = signed.putObject("headers");
        proof.headers().forEach(shown::put);
        signed.put("body", new String(body, UTF_8));
    }

    private void receive() {
        SignedCall call = new TriedCall(body, headers, query, pathSecret);
        try {
            address();
            String signed = switch (source.verifier().verify(call, now)) {
                case Verdict.Verified(var id) -> {
                    String scheme = source.scheme().name();
                    step("signature", true, source.scheme().proves() ? "Proved, by " + scheme : "None is asked for");
                    yield id;
                }
                case Verdict.Greeting(var greeting) -> {
                    step("signature", true, "A greeting: it would be answered, and nothing stored");
                    answer.put("accepted", true).set("answer", greeting);
                    throw new Done();
                }
                case Verdict.Refused(var reason) -> {
                    step("signature", false, reason);
                    throw new Done();
                }
            };
            map(call, signed);
        } catch (Done _) {
            // The last step says why.
        }
    }

    private void address() throws Done {
        String text = given.path("address").asText(null);
        if (text == null) {
            return;
        }
        Optional<InetAddress> address = IpLiteral.parse(text);
        boolean allowed = address.isPresent() && source.allows(address.get());
        step("address", allowed, allowed ? "May send" : "Not in the source's list");
        if (!allowed) {
            throw new Done();
        }
    }

    private void map(SignedCall call, @Nullable String signed) throws Done {
        String step = "body";
        try {
            JsonNode json = InboundBody.parse(call);
            step("body", true, body.length + " bytes");
            step = "mapping";
            BodyMapping.Events events = source.mapping().map(json, call, now);
            int count = events.data().size();
            step(
                    "mapping",
                    true,
                    count == 0 ? "A test: nothing would be stored" : count + " event" + (count == 1 ? "" : "s"));
            step = "deduplication";
            List<AppendRequest> requests = count == 0 ? List.of() : source.requests(call, json, events, signed, null);
            step("deduplication", true, deduplication(requests));
            answer.put("accepted", true)
                    .put(
                            "deduplication_key",
                            requests.size() == 1 ? requests.getFirst().deduplicationKey() : null);
            ArrayNode list = answer.putArray("events");
            for (AppendRequest request : requests) {
                request.events()
                        .forEach(event ->
                                list.add(describe(event).put("deduplication_key", request.deduplicationKey())));
            }
        } catch (Problem problem) {
            step(step, false, problem.text());
            answer.put("field", problem.field());
            throw new Done();
        }
    }

    private static String deduplication(List<AppendRequest> requests) {
        if (requests.size() > 1) {
            return "Each event counts once under its own id";
        }
        return requests.isEmpty() || requests.getFirst().deduplicationKey() == null
                ? "No id: every call counts"
                : "Counts once under its id";
    }

    private static ObjectNode describe(EventData event) {
        ObjectNode json = Json.object()
                .put("event_type", event.eventType())
                .put("business_events", event.typeByRules())
                .put("model", event.model())
                .put("record_id", event.recordId())
                .put("record_key", event.recordKey())
                .put("operation", event.operation().text())
                .put("priority", event.priority().text())
                .put("category", event.category())
                .put("occurred_at", event.occurredAt().toString());
        json.set("data", Json.read(event.payload()));
        String patch = event.recordPatch();
        json.set("record_patch", patch == null ? null : Json.read(patch));
        return json;
    }

    private void step(String name, boolean right, String text) {
        steps.addObject().put("step", name).put("ok", right).put("message", text);
    }

    private static final class Done extends Exception {
        private static final long serialVersionUID = 1L;

        Done() {
            super(null, null, false, false);
        }
    }
}
