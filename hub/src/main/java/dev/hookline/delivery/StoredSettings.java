package dev.hookline.delivery;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.kernel.Json;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The parts of a subscription that are stored as JSON: the open ones, and those that are sealed. */
final class StoredSettings {
    private StoredSettings() {}

    static ObjectNode open(DeliverySettings delivery) {
        ObjectNode json = Json.object();
        if (!delivery.retry().equals(RetryPolicy.FAST)) {
            json.put("retry", delivery.retry().name());
        }
        if (delivery.retry().name().equals(RetryPolicy.OWN)) {
            var delays = json.putArray("retry_delays_seconds");
            delivery.retry().delays().forEach(delay -> delays.add(delay.toSeconds()));
        }
        if (delivery.timeout() != null) {
            json.put("timeout_millis", delivery.timeout().toMillis());
        }
        if (delivery.ordered()) {
            json.put("ordered", true);
        }
        if (delivery.onDead() != DeliverySettings.OnDead.BLOCK) {
            json.put("on_dead", delivery.onDead().text());
        }
        if (delivery.concurrency() != null) {
            json.put("concurrency", delivery.concurrency());
        }
        if (delivery.throttlePerSecond() != null) {
            json.put("throttle_per_second", delivery.throttlePerSecond());
        }
        return json;
    }

    static DeliverySettings delivery(JsonNode json) {
        String retry = json.path("retry").asText(RetryPolicy.FAST.name());
        List<Integer> delays = new ArrayList<>();
        json.path("retry_delays_seconds").forEach(delay -> delays.add(delay.intValue()));
        return new DeliverySettings(
                RetryPolicy.named(retry).orElseGet(() -> RetryPolicy.own(delays)),
                json.has("timeout_millis")
                        ? Duration.ofMillis(json.path("timeout_millis").longValue())
                        : null,
                json.path("ordered").booleanValue(),
                DeliverySettings.OnDead.valueOf(
                        json.path("on_dead").asText("block").toUpperCase(Locale.ROOT)),
                number(json, "concurrency"),
                number(json, "throttle_per_second"));
    }

    static List<Subscription.Formerly> formerly(JsonNode json) {
        List<Subscription.Formerly> all = new ArrayList<>();
        for (JsonNode one : json) {
            List<String> events = new ArrayList<>();
            one.path("events").forEach(event -> events.add(event.textValue()));
            all.add(new Subscription.Formerly(
                    one.path("from_position").longValue(),
                    one.path("up_to").longValue(),
                    events,
                    one.path("filter").textValue()));
        }
        return all;
    }

    private static @Nullable Integer number(JsonNode json, String field) {
        return json.has(field) ? (Integer) json.path(field).intValue() : null;
    }

    /** What is to be sealed besides the secret; null when there is nothing. */
    static @Nullable ObjectNode extras(SubscriptionSettings settings) {
        ObjectNode json = Json.object();
        Signing.Former former = settings.signing().former();
        if (former != null) {
            json.putObject("former")
                    .put("secret", former.secret())
                    .put("until", former.until().toString());
        }
        if (settings.signing().keyPair() != null) {
            json.put("key_pair", settings.signing().keyPair());
        }
        if (!settings.headers().isEmpty()) {
            ObjectNode headers = json.putObject("headers");
            settings.headers().forEach(headers::put);
        }
        ObjectNode auth = auth(settings.auth());
        if (auth != null) {
            json.set("auth", auth);
        }
        ClientTls tls = settings.tls();
        if (tls != null) {
            json.putObject("tls")
                    .put("certificate", tls.certificate())
                    .put("key", tls.key())
                    .put("ca", tls.ca());
        }
        return json.isEmpty() ? null : json;
    }

    private static @Nullable ObjectNode auth(OutboundAuth auth) {
        return switch (auth) {
            case OutboundAuth.None _ -> null;
            case OutboundAuth.Basic(String username, String password) ->
                Json.object().put("type", "basic").put("username", username).put("password", password);
            case OutboundAuth.Bearer(String token) ->
                Json.object().put("type", "bearer").put("token", token);
            case OutboundAuth.OAuth2 oauth ->
                Json.object()
                        .put("type", "oauth2")
                        .put("token_url", oauth.tokenUrl().toString())
                        .put("client_id", oauth.clientId())
                        .put("client_secret", oauth.clientSecret())
                        .put("scope", oauth.scope())
                        .put("audience", oauth.audience())
                        .put("in_body", oauth.inBody());
        };
    }

    static Signing signing(@Nullable String secret, JsonNode extras) {
        JsonNode former = extras.path("former");
        return new Signing(
                secret,
                former.isObject()
                        ? new Signing.Former(
                                former.path("secret").textValue(),
                                Instant.parse(former.path("until").textValue()))
                        : null,
                extras.path("key_pair").textValue());
    }

    static Map<String, String> headers(JsonNode extras) {
        Map<String, String> headers = new LinkedHashMap<>();
        extras.path("headers")
                .properties()
                .forEach(field -> headers.put(field.getKey(), field.getValue().textValue()));
        return headers;
    }

    static OutboundAuth auth(JsonNode extras) {
        JsonNode auth = extras.path("auth");
        return switch (auth.path("type").asText()) {
            case "basic" ->
                new OutboundAuth.Basic(
                        auth.path("username").textValue(), auth.path("password").textValue());
            case "bearer" -> new OutboundAuth.Bearer(auth.path("token").textValue());
            case "oauth2" ->
                new OutboundAuth.OAuth2(
                        URI.create(auth.path("token_url").textValue()),
                        auth.path("client_id").textValue(),
                        auth.path("client_secret").textValue(),
                        auth.path("scope").textValue(),
                        auth.path("audience").textValue(),
                        auth.path("in_body").booleanValue());
            default -> OutboundAuth.none();
        };
    }

    static @Nullable ClientTls tls(JsonNode extras) {
        JsonNode tls = extras.path("tls");
        return tls.isObject()
                ? new ClientTls(
                        tls.path("certificate").textValue(),
                        tls.path("key").textValue(),
                        tls.path("ca").textValue())
                : null;
    }
}
