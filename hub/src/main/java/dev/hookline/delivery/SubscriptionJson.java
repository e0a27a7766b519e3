package dev.hookline.delivery;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.kernel.Json;
import java.security.cert.X509Certificate;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A subscription as clients see it: secrets masked, private keys not at all. */
final class SubscriptionJson {
    private SubscriptionJson() {}

    static ObjectNode of(Subscription subscription, @Nullable FilterFailure failure) {
        SubscriptionSettings settings = subscription.settings();
        List<String> events = settings.events();
        ObjectNode json = Json.object()
                .put("id", subscription.id())
                .put("name", settings.name())
                .put("description", settings.description())
                .put("url", settings.url().toString())
                .put("event", events.size() == 1 ? events.getFirst() : null);
        ArrayNode all = json.putArray("events");
        events.forEach(all::add);
        json.put("filter", settings.filter())
                .put("filter_failures", failure == null ? 0 : failure.count())
                .put("filter_last_failure", failure == null ? null : failure.reason())
                .put("active", subscription.active())
                .put("disabled_reason", subscription.disabledReason())
                .put("payload_form", settings.payloadForm().text());
        signing(json, settings.signing());
        delivery(json, settings.delivery());
        ObjectNode headers = json.putObject("headers");
        settings.headers().forEach((name, value) -> headers.put(name, Masked.value(value)));
        json.set("auth", auth(settings.auth()));
        json.set("tls", settings.tls() == null ? Json.object().nullNode() : tls(settings.tls()));
        return json.put("from_position", subscription.fromPosition())
                .put("created_at", subscription.createdAt().toString())
                .put("updated_at", subscription.updatedAt().toString());
    }

    private static void signing(ObjectNode json, Signing signing) {
        Signing.Former former = signing.former();
        json.put("secret_hint", Subscription.hint(signing.secret()))
                .put("former_secret_hint", former == null ? null : Subscription.hint(former.secret()))
                .put(
                        "former_secret_until",
                        former == null ? null : former.until().toString())
                .put("public_key", signing.keyPair() == null ? null : OutboundSignature.publicKey(signing.keyPair()));
    }

    private static void delivery(ObjectNode json, DeliverySettings delivery) {
        if (delivery.retry().name().equals(RetryPolicy.OWN)) {
            ArrayNode delays = json.putArray("retry_policy");
            delivery.retry().delays().forEach(delay -> delays.add(delay.toSeconds()));
        } else {
            json.put("retry_policy", delivery.retry().name());
        }
        json.put("timeout_seconds", delivery.attemptTimeout().toSeconds())
                .put("ordered", delivery.ordered())
                .put("on_dead", delivery.onDead().text())
                .put("concurrency", delivery.concurrency())
                .put("throttle_per_second", delivery.throttlePerSecond());
    }

    private static ObjectNode auth(OutboundAuth auth) {
        return switch (auth) {
            case OutboundAuth.None _ -> Json.object().put("type", "none");
            case OutboundAuth.Basic(String username, String password) ->
                Json.object().put("type", "basic").put("username", username).put("password", Masked.value(password));
            case OutboundAuth.Bearer(String token) ->
                Json.object().put("type", "bearer").put("token", Masked.value(token));
            case OutboundAuth.OAuth2 oauth ->
                Json.object()
                        .put("type", "oauth2")
                        .put("token_url", oauth.tokenUrl().toString())
                        .put("client_id", oauth.clientId())
                        .put("client_secret", Masked.value(oauth.clientSecret()))
                        .put("client_auth", oauth.inBody() ? "body" : "basic")
                        .put("scope", oauth.scope())
                        .put("audience", oauth.audience());
        };
    }

    private static ObjectNode tls(ClientTls tls) {
        ObjectNode json = Json.object();
        json.set("certificate", certificate(tls.certificate()));
        json.set("ca", certificate(tls.ca()));
        return json;
    }

    /** The first of them. */
    private static JsonNode certificate(@Nullable String pem) {
        if (pem == null) {
            return Json.object().nullNode();
        }
        X509Certificate first = Pem.certificates(pem).getFirst();
        return Json.object()
                .put("subject", first.getSubjectX500Principal().getName())
                .put("not_after", first.getNotAfter().toInstant().toString());
    }
}
