package dev.hookline.intake;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.hookline.access.Cidr;
import dev.hookline.http.Problem;
import dev.hookline.intake.signature.SchemeDefinition;
import dev.hookline.kernel.Ids;
import dev.hookline.kernel.Json;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads what a user says of a source, field by field, and checks that it makes one. Problems name the field. */
final class SourceForm {
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,63}");
    private static final Pattern HEADER = Pattern.compile("[A-Za-z0-9-]{1,64}");
    private static final int RATE_MAX = 1_000_000;
    private static final int ADDRESSES_MAX = 100;
    private static final int PATH_SECRET_BYTES = 12;
    private static final int SECRET_BYTES = 32;

    private static final Set<String> SETTINGS =
            Set.of("allowed_addresses", "rate_per_minute", "address_rate_per_minute", "log_calls");

    private static final Set<String> FIELDS = Set.of(
            "name",
            "scheme",
            "secret",
            "mapping",
            "deduplication",
            "allowed_addresses",
            "rate_per_minute",
            "address_rate_per_minute",
            "log_calls",
            "active");

    private static final String BUILT_IN_HINT =
            " on a built-in source; one that you make has a mapping, scheme and secret of its own";

    private SourceForm() {}

    /**
     * A new source. Of the kind {@code odoo} it understands what Odoo sends, with the module or without, and has its secret in
     * its URL, where Odoo's own action has nowhere else to put one; both can be said otherwise.
     *
     * @param readablePath whether its path is its name, or an unguessable one
     */
    static Source create(String tenant, boolean readablePath, ObjectNode body) throws Problem {
        String name = name(body.get("name"));
        boolean odoo = kind(body).equals(Source.ODOO);
        ObjectNode settings = body.deepCopy();
        settings.remove("kind");
        Source empty = new Source(
                0,
                tenant,
                name,
                readablePath ? name : Ids.secretText(PATH_SECRET_BYTES),
                odoo ? Source.ODOO : Source.WEBHOOK,
                Json.object().put("name", odoo ? "url-secret" : "hmac"),
                null,
                null,
                null,
                null,
                TextNode.valueOf(odoo ? Source.ODOO : "raw"),
                null,
                List.of(),
                null,
                Source.ADDRESS_RATE_PER_MINUTE,
                true,
                true,
                Instant.EPOCH,
                Instant.EPOCH);
        return change(empty, settings);
    }

    private static String kind(ObjectNode body) throws Problem {
        String kind = body.path("kind").asText(Source.WEBHOOK);
        if (!kind.equals(Source.WEBHOOK) && !kind.equals(Source.ODOO)) {
            throw Problem.field("kind", "'kind' must be webhook or odoo");
        }
        return kind;
    }

    /** A source with what the body changes; the rest stays. */
    static Source change(Source source, ObjectNode body) throws Problem {
        requireKnown(body, source.isBuiltIn() ? SETTINGS : FIELDS, source.isBuiltIn());
        ObjectNode scheme = source.scheme();
        String secret = source.secret();
        ObjectNode deduplication = source.deduplication();
        if (!source.isBuiltIn()) {
            SchemeDefinition definition = SchemeDefinition.parse(body.has("scheme") ? body.get("scheme") : scheme);
            secret = secret(definition, body, secret);
            scheme = definition.json();
            deduplication =
                    body.has("deduplication") ? deduplication(body.get("deduplication"), definition) : deduplication;
        }
        boolean replaced = body.has("scheme") || body.has("secret");
        Source changed = new Source(
                source.id(),
                source.tenant(),
                body.has("name") ? name(body.get("name")) : source.name(),
                source.path(),
                source.kind(),
                scheme,
                secret,
                replaced ? null : source.previous(),
                replaced ? null : source.previousUntil(),
                source.environmentSecret(),
                body.has("mapping") ? body.get("mapping") : source.mapping(),
                deduplication,
                body.has("allowed_addresses") ? addresses(body.get("allowed_addresses")) : source.allowedAddresses(),
                body.has("rate_per_minute") ? rate(body, "rate_per_minute") : source.ratePerMinute(),
                body.has("address_rate_per_minute")
                        ? rate(body, "address_rate_per_minute")
                        : source.addressRatePerMinute(),
                flag(body, "log_calls", source.logCalls()),
                flag(body, "active", source.active()),
                source.createdAt(),
                source.updatedAt());
        if (!changed.isBuiltIn()) {
            requireSignedKey(LiveSource.of(changed));
        }
        return changed;
    }

    private static void requireKnown(ObjectNode body, Set<String> known, boolean builtIn) throws Problem {
        for (var field : body.properties()) {
            if (!known.contains(field.getKey())) {
                throw Problem.field(
                        field.getKey(), "'%s' cannot be set%s".formatted(field.getKey(), builtIn ? BUILT_IN_HINT : ""));
            }
        }
    }

    private static String name(@Nullable JsonNode value) throws Problem {
        if (value == null
                || !value.isTextual()
                || !NAME.matcher(value.textValue()).matches()) {
            throw Problem.field(
                    "name", "'name' is required: 1 to 64 letters, digits and . _ -, a letter or digit first");
        }
        return value.textValue();
    }

    /** The secret given, else the one there was, else a new one. */
    private static @Nullable String secret(SchemeDefinition scheme, ObjectNode body, @Nullable String present)
            throws Problem {
        if (!scheme.proves()) {
            return null;
        }
        JsonNode given = body.get("secret");
        if (given != null && !given.isTextual()) {
            throw Problem.field("secret", "'secret' must be a text");
        }
        String secret = given == null ? present : given.textValue();
        if (secret == null) {
            secret = made(scheme);
        }
        scheme.check(secret);
        return secret;
    }

    /** A new secret in the scheme's own form. */
    static String made(SchemeDefinition scheme) throws Problem {
        if (scheme.isSenders()) {
            throw Problem.field("secret", "'secret' is required: the sender's public key, whpk_…");
        }
        return scheme.name().equals("standard")
                ? "whsec_" + Base64.getEncoder().encodeToString(Ids.secret(SECRET_BYTES))
                : Ids.secretText(SECRET_BYTES);
    }

    private static @Nullable ObjectNode deduplication(JsonNode value, SchemeDefinition scheme) throws Problem {
        if (value.isNull()) {
            return null;
        }
        boolean header = value.has("header");
        if (!value.isObject() || value.size() != 1 || !(header || value.has("path"))) {
            throw Problem.field(
                    "deduplication", "'deduplication' must be {\"header\":\"…\"}, {\"path\":\"…\"} or null");
        }
        if (header && !HEADER.matcher(value.path("header").asText()).matches()) {
            throw Problem.field("deduplication.header", "'deduplication.header' must be the name of a header");
        }
        if (header && scheme.isTimed()) {
            throw Problem.field(
                    "deduplication.header",
                    "'deduplication.header' is not signed by %s, so that whoever overheard a call could send it again under another id; use a path into the body"
                            .formatted(scheme.name()));
        }
        return (ObjectNode) value;
    }

    /** With a scheme that signs the time, a call counts once; so its id must be signed too. */
    private static void requireSignedKey(LiveSource source) throws Problem {
        if (!source.scheme().isTimed()) {
            return;
        }
        JsonNode mapping = LiveSource.mapping(source.source().mapping()).definition();
        for (JsonNode key : mapping.findValues("deduplication_key")) {
            if (key.toString().matches(".*\"(header|query):.*")) {
                throw Problem.field(
                        "mapping.deduplication_key",
                        "'mapping.deduplication_key' must come from the body: %s signs nothing else"
                                .formatted(source.scheme().name()));
            }
        }
    }

    private static List<String> addresses(JsonNode value) throws Problem {
        if (!value.isArray() || value.size() > ADDRESSES_MAX) {
            throw Problem.field("allowed_addresses", "'allowed_addresses' must be a list of at most " + ADDRESSES_MAX);
        }
        List<String> addresses = new ArrayList<>();
        for (int i = 0; i < value.size(); i++) {
            try {
                Cidr.parse(value.get(i).asText());
            } catch (IllegalArgumentException e) {
                throw Problem.field("allowed_addresses[" + i + "]", String.valueOf(e.getMessage()));
            }
            addresses.add(value.get(i).asText());
        }
        return addresses;
    }

    private static @Nullable Integer rate(ObjectNode body, String field) throws Problem {
        JsonNode value = body.path(field);
        if (value instanceof NullNode) {
            return null;
        }
        if (!value.isIntegralNumber() || !value.canConvertToInt() || value.asInt() < 1 || value.asInt() > RATE_MAX) {
            throw Problem.field(field, "'" + field + "' must be from 1 to " + RATE_MAX + ", or null for no limit");
        }
        return value.asInt();
    }

    private static boolean flag(ObjectNode body, String field, boolean otherwise) throws Problem {
        JsonNode value = body.get(field);
        if (value != null && !value.isBoolean()) {
            throw Problem.field(field, "'" + field + "' must be true or false");
        }
        return value == null ? otherwise : value.booleanValue();
    }
}
