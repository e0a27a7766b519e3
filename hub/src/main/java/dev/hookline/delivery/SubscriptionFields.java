package dev.hookline.delivery;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.http.Problem;
import dev.hookline.kernel.Limits;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads what a client wants of a subscription. A field that is left out stays as it is; one that is null goes back to what it
 * is by default.
 */
final class SubscriptionFields {
    private static final int SECRET_CHARS_MIN = 8;
    private static final int URL_CHARS_MAX = 2_048;
    private static final int NAME_MAX = 200;
    private static final int DESCRIPTION_MAX = 2_000;
    private static final int EVENTS_MAX = 100;
    private static final int RETRIES_MAX = 30;
    private static final int RETRY_SECONDS_MAX = 7 * 24 * 3_600;
    private static final int TIMEOUT_SECONDS_MAX = 60;
    private static final int CONCURRENCY_MAX = 32;
    private static final int THROTTLE_MAX = 10_000;
    private static final List<String> ON_DEAD = Arrays.stream(DeliverySettings.OnDead.values())
            .map(DeliverySettings.OnDead::text)
            .toList();
    private static final List<String> FORMS =
            Arrays.stream(PayloadForm.values()).map(PayloadForm::text).toList();

    private final FieldReader fields;
    private final TargetUrlRules urlRules;

    SubscriptionFields(ObjectNode body, TargetUrlRules urlRules) {
        this.fields = new FieldReader(body);
        this.urlRules = urlRules;
    }

    /** A new subscription's; its secret is made where none is given. */
    SubscriptionSettings create() throws Problem {
        URI url = url();
        if (url == null) {
            throw fields.problem("url", "'url' is required");
        }
        List<String> events = events(List.of());
        if (events.isEmpty()) {
            throw fields.problem("event", "'event' is required, or 'events'");
        }
        String secret = secret();
        return change(SubscriptionSettings.of(
                url, events, Signing.with(secret == null ? OutboundSignature.newSecret() : secret)));
    }

    /** Whether the client left it to us to make a secret. */
    boolean lacksSecret() {
        return fields.value("secret") == null;
    }

    SubscriptionSettings change(SubscriptionSettings before) throws Problem {
        URI url = url();
        SubscriptionSettings changed = new SubscriptionSettings(
                textOr("name", NAME_MAX, before.name()),
                textOr("description", DESCRIPTION_MAX, before.description()),
                url == null ? before.url() : url,
                events(before.events()),
                fields.has("filter") ? filter() : before.filter(),
                form(before.payloadForm()),
                delivery(before.delivery()),
                signing(before.signing()),
                fields.has("headers") ? HeaderFields.read(fields.value("headers")) : before.headers(),
                fields.has("auth") ? AuthFields.read(fields.inner("auth"), urlRules) : before.auth(),
                fields.has("tls") ? TlsFields.read(fields.inner("tls")) : before.tls());
        requireConsistent(changed);
        return changed;
    }

    private void requireConsistent(SubscriptionSettings settings) throws Problem {
        if (settings.signing().secret() == null) {
            throw fields.problem(
                    "secret",
                    "The secret, headers and sign-in of this subscription were sealed under another master key;"
                            + " give it a new secret, and the rest again");
        }
        Set<String> names = settings.headers().keySet();
        if (!settings.auth().equals(OutboundAuth.none())
                && names.stream().anyMatch("Authorization"::equalsIgnoreCase)) {
            throw fields.problem("headers", "The header 'Authorization' is what 'auth' sets");
        }
        if (settings.tls() != null && !"https".equals(settings.url().getScheme())) {
            throw fields.problem("tls", "'tls' needs a url that starts with https://");
        }
    }

    private String textOr(String field, int max, String before) throws Problem {
        String text = fields.text(field, 0, max);
        return text != null ? text : fields.has(field) ? "" : before;
    }

    private @Nullable URI url() throws Problem {
        String url = fields.text("url", 1, URL_CHARS_MAX);
        if (url == null) {
            return null;
        }
        return switch (urlRules.judge(url)) {
            case TargetUrl.Accepted(URI accepted) -> accepted;
            case TargetUrl.Refused(String reason) -> throw fields.problem("url", reason);
        };
    }

    /** {@code event} and {@code events} together; either replaces all there were. */
    private List<String> events(List<String> before) throws Problem {
        String one = fields.text("event", 1, Limits.NAME_CHARS_MAX);
        JsonNode many = fields.value("events");
        if (one == null && many == null) {
            return before;
        }
        Set<String> all = new LinkedHashSet<>();
        if (one != null) {
            all.add(pattern("event", one));
        }
        if (many != null) {
            if (!many.isArray() || many.isEmpty() || many.size() > EVENTS_MAX) {
                throw fields.problem("events", "'events' must be a list of 1 to " + EVENTS_MAX + " event types");
            }
            for (JsonNode event : many) {
                if (!event.isTextual()) {
                    throw fields.problem("events", "'events' must hold texts only");
                }
                all.add(pattern("events", event.textValue()));
            }
        }
        return List.copyOf(all);
    }

    private String pattern(String field, String text) throws Problem {
        String refusal = EventPattern.refusal(text);
        if (refusal != null) {
            throw fields.problem(field, "'" + field + "' is wrong: " + refusal);
        }
        return text;
    }

    private @Nullable String filter() throws Problem {
        String filter = fields.text("filter", 1, EventFilter.CHARS_MAX);
        if (filter != null && EventFilter.compile(filter) instanceof EventFilter.Compiled.Refused(String reason)) {
            throw fields.problem("filter", reason);
        }
        return filter;
    }

    private PayloadForm form(PayloadForm before) throws Problem {
        String form = fields.oneOf("payload_form", FORMS);
        if (form == null) {
            return fields.has("payload_form") ? PayloadForm.GESTIQCLOUD : before;
        }
        return PayloadForm.of(form).orElseThrow();
    }

    private DeliverySettings delivery(DeliverySettings before) throws Problem {
        Integer timeout = fields.number("timeout_seconds", 1, TIMEOUT_SECONDS_MAX);
        Boolean ordered = fields.bool("ordered");
        String onDead = fields.oneOf("on_dead", ON_DEAD);
        return new DeliverySettings(
                fields.has("retry_policy") ? retryPolicy() : before.retry(),
                fields.has("timeout_seconds") ? timeout == null ? null : Duration.ofSeconds(timeout) : before.timeout(),
                fields.has("ordered") ? Boolean.TRUE.equals(ordered) : before.ordered(),
                fields.has("on_dead")
                        ? "continue".equals(onDead) ? DeliverySettings.OnDead.CONTINUE : DeliverySettings.OnDead.BLOCK
                        : before.onDead(),
                fields.has("concurrency") ? fields.number("concurrency", 1, CONCURRENCY_MAX) : before.concurrency(),
                fields.has("throttle_per_second")
                        ? fields.number("throttle_per_second", 1, THROTTLE_MAX)
                        : before.throttlePerSecond());
    }

    private RetryPolicy retryPolicy() throws Problem {
        JsonNode given = fields.value("retry_policy");
        if (given == null) {
            return RetryPolicy.FAST;
        }
        RetryPolicy named =
                given.isTextual() ? RetryPolicy.named(given.textValue()).orElse(null) : null;
        if (named != null) {
            return named;
        }
        if (!given.isArray() || given.size() > RETRIES_MAX) {
            throw fields.problem(
                    "retry_policy",
                    "'retry_policy' must be fast, odoo, standard, or a list of " + RETRIES_MAX
                            + " delays in seconds at most");
        }
        List<Integer> delays = new ArrayList<>();
        for (JsonNode delay : given) {
            if (!FieldReader.isNumber(delay, 1, RETRY_SECONDS_MAX)) {
                throw fields.problem(
                        "retry_policy",
                        "The delays of 'retry_policy' must be whole seconds from 1 to " + RETRY_SECONDS_MAX);
            }
            delays.add(delay.intValue());
        }
        return RetryPolicy.own(delays);
    }

    /** A secret given here takes the place of the one before at once. */
    private Signing signing(Signing before) throws Problem {
        String secret = secret();
        Signing signing = secret == null || secret.equals(before.secret()) ? before : before.rotated(secret, null);
        if (!fields.has("ed25519")) {
            return signing;
        }
        boolean wanted = Boolean.TRUE.equals(fields.bool("ed25519"));
        String kept = before.keyPair();
        String keyPair = !wanted ? null : kept == null ? OutboundSignature.newKeyPair() : kept;
        return new Signing(signing.secret(), signing.former(), keyPair);
    }

    /** Null where none is given. */
    @Nullable
    String secret() throws Problem {
        String secret = fields.text("secret", SECRET_CHARS_MIN, Limits.NAME_CHARS_MAX);
        if (secret != null) {
            try {
                OutboundSignature _ = new OutboundSignature(List.of(secret), null);
            } catch (IllegalArgumentException e) {
                throw fields.problem("secret", String.valueOf(e.getMessage()));
            }
        }
        return secret;
    }
}
