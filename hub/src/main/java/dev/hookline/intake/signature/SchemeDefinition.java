package dev.hookline.intake.signature;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.http.Problem;
import dev.hookline.kernel.Json;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A scheme as data, without its secret: {@code {"name":…}} and its parameters.
 *
 * <ul>
 *   <li>{@code hmac}: {@code algorithm} (sha256, sha512), {@code encoding} (hex, base64), {@code headers}, {@code prefix}
 *   <li>{@code github}, {@code shopify}, {@code woocommerce}
 *   <li>{@code stripe}, {@code slack}: {@code tolerance_seconds}
 *   <li>{@code standard}: {@code tolerance_seconds}, {@code key} (shared, ed25519), {@code header_prefix}
 *   <li>{@code basic}: {@code username}; without it what follows {@code Basic} is compared as it stands
 *   <li>{@code bearer}; {@code api-key}: {@code header}
 *   <li>{@code url-secret}: {@code parameter}; without it the secret is the last part of the path
 *   <li>{@code none}
 * </ul>
 */
public final class SchemeDefinition {
    private static final int TOLERANCE_SECONDS = 300;
    private static final int TOLERANCE_SECONDS_MAX = 86_400;
    private static final int HEADERS_MAX = 4;
    private static final int PREFIX_CHARS_MAX = 32;
    private static final int SECRET_CHARS_MIN = 8;
    private static final int URL_SECRET_CHARS_MIN = 16;
    private static final int SECRET_CHARS_MAX = 255;
    private static final Pattern HEADER = Pattern.compile("[A-Za-z0-9-]{1,64}");
    private static final Pattern PARAMETER = Pattern.compile("[A-Za-z0-9_.-]{1,64}");
    private static final Pattern URL_SECRET = Pattern.compile("[A-Za-z0-9._~-]*");
    private static final String NAMES =
            "hmac, github, shopify, woocommerce, stripe, slack, standard, basic, bearer, api-key, url-secret, none";

    private final ObjectNode json;

    private final Set<String> secretNames;

    private SchemeDefinition(ObjectNode json) {
        this.json = json;
        String name = json.path("header").asText(json.path("parameter").asText(""));
        this.secretNames = name.isEmpty() ? Set.of() : Set.of(name.toLowerCase(Locale.ROOT));
    }

    /** Reads and checks a definition; what it leaves out gets its default. Problems name {@code scheme.…}. */
    public static SchemeDefinition parse(@Nullable JsonNode definition) throws Problem {
        if (!(definition instanceof ObjectNode given)) {
            throw Problem.field("scheme", "'scheme' must be an object such as {\"name\":\"hmac\"}");
        }
        String name = given.path("name").asText();
        ObjectNode json = Json.object().put("name", name);
        Set<String> known = switch (name) {
            case "hmac" -> hmac(given, json);
            case "stripe", "slack" -> tolerance(given, json);
            case "standard" -> standard(given, json);
            case "basic" -> text(given, json, "username", null, Pattern.compile("[^:\\p{Cntrl}]{1,64}"));
            case "api-key" -> text(given, json, "header", "X-API-Key", HEADER);
            case "url-secret" -> text(given, json, "parameter", null, PARAMETER);
            case "github", "shopify", "woocommerce", "bearer", "none" -> Set.of();
            default -> throw Problem.field("scheme.name", "'scheme.name' must be one of " + NAMES);
        };
        for (var field : given.properties()) {
            if (!field.getKey().equals("name") && !known.contains(field.getKey())) {
                throw Problem.field(
                        "scheme." + field.getKey(), "'scheme.%s' means nothing to %s".formatted(field.getKey(), name));
            }
        }
        return new SchemeDefinition(json);
    }

    private static Set<String> hmac(ObjectNode given, ObjectNode json) throws Problem {
        choice(given, json, "algorithm", "sha256", "sha512");
        choice(given, json, "encoding", "hex", "base64");
        JsonNode headers = given.get("headers");
        ArrayNode checked = json.putArray("headers");
        if (headers == null || headers.isNull()) {
            checked.add("X-Webhook-Signature").add("X-Signature");
        } else {
            if (!headers.isArray() || headers.isEmpty() || headers.size() > HEADERS_MAX) {
                throw Problem.field("scheme.headers", "'scheme.headers' must be a list of 1 to " + HEADERS_MAX);
            }
            for (int i = 0; i < headers.size(); i++) {
                if (!HEADER.matcher(headers.get(i).asText()).matches()) {
                    String at = "scheme.headers[" + i + "]";
                    throw Problem.field(at, "'" + at + "' must be the name of a header");
                }
                checked.add(headers.get(i).asText());
            }
        }
        JsonNode prefix = given.get("prefix");
        boolean hex = json.path("encoding").asText().equals("hex");
        if (prefix != null && (!prefix.isTextual() || prefix.asText().length() > PREFIX_CHARS_MAX)) {
            throw Problem.field(
                    "scheme.prefix", "'scheme.prefix' must be a text of at most " + PREFIX_CHARS_MAX + " characters");
        }
        String byDefault = hex ? json.path("algorithm").asText() + "=" : "";
        json.put("prefix", prefix == null ? byDefault : prefix.asText());
        return Set.of("algorithm", "encoding", "headers", "prefix");
    }

    private static Set<String> standard(ObjectNode given, ObjectNode json) throws Problem {
        choice(given, json, "key", "shared", "ed25519");
        tolerance(given, json);
        text(given, json, "header_prefix", "webhook-", HEADER);
        return Set.of("key", "tolerance_seconds", "header_prefix");
    }

    private static Set<String> tolerance(ObjectNode given, ObjectNode json) throws Problem {
        JsonNode value = given.get("tolerance_seconds");
        if (value != null && (!value.canConvertToInt() || value.asInt() < 1 || value.asInt() > TOLERANCE_SECONDS_MAX)) {
            throw Problem.field(
                    "scheme.tolerance_seconds",
                    "'scheme.tolerance_seconds' must be from 1 to " + TOLERANCE_SECONDS_MAX);
        }
        json.put("tolerance_seconds", value == null ? TOLERANCE_SECONDS : value.asInt());
        return Set.of("tolerance_seconds");
    }

    private static void choice(ObjectNode given, ObjectNode json, String field, String byDefault, String other)
            throws Problem {
        String value = given.path(field).asText(byDefault);
        if (!value.equals(byDefault) && !value.equals(other)) {
            String at = "scheme." + field;
            throw Problem.field(at, "'%s' must be %s or %s".formatted(at, byDefault, other));
        }
        json.put(field, value);
    }

    private static Set<String> text(
            ObjectNode given, ObjectNode json, String field, @Nullable String byDefault, Pattern pattern)
            throws Problem {
        JsonNode value = given.get(field);
        if (value == null || value.isNull()) {
            json.put(field, byDefault);
        } else if (value.isTextual() && pattern.matcher(value.textValue()).matches()) {
            json.put(field, value.textValue());
        } else {
            throw Problem.field("scheme." + field, "'scheme." + field + "' must match " + pattern);
        }
        return Set.of(field);
    }

    /** With every default written out. */
    public ObjectNode json() {
        return json.deepCopy();
    }

    public String name() {
        return json.path("name").asText();
    }

    /** Whether it proves anything. */
    public boolean proves() {
        return !name().equals("none");
    }

    /** Whether only the sender knows the secret, so that none can be made up here. */
    public boolean isSenders() {
        return name().equals("standard") && json.path("key").asText().equals("ed25519");
    }

    /** Whether the sender signs the time. A call that was overheard must then not count a second time. */
    public boolean isTimed() {
        return Set.of("stripe", "slack", "standard").contains(name());
    }

    /** The header in which this kind of sender gives a call's id, unsigned; null where it gives none. */
    public @Nullable String idHeader() {
        return switch (name()) {
            case "github" -> "X-GitHub-Delivery";
            // Not X-Shopify-Event-Id: webhooks of several topics can come of one event.
            case "shopify" -> "X-Shopify-Webhook-Id";
            case "woocommerce" -> "X-WC-Webhook-Delivery-ID";
            case "stripe", "slack", "standard" -> null;
            default -> "Idempotency-Key";
        };
    }

    /** The header that holds a call's id and is signed with it; null where none is. */
    public @Nullable String signedIdHeader() {
        return name().equals("standard") ? json.path("header_prefix").asText() + "id" : null;
    }

    /** The header or parameter, in lower case, that holds the secret itself. */
    public Set<String> secretNames() {
        return secretNames;
    }

    /** The scheme under a secret, which is {@code ""} for {@code none}. */
    public Scheme under(String secret) throws Problem {
        Duration tolerance = Duration.ofSeconds(json.path("tolerance_seconds").asInt());
        return switch (name()) {
            case "hmac" -> hmac(secret);
            case "github" -> new GitHubScheme(secret);
            case "shopify" ->
                new HmacScheme("HmacSHA256", HmacScheme.Encoding.BASE64, List.of("X-Shopify-Hmac-Sha256"), "", secret);
            case "woocommerce" -> new WooCommerceScheme(secret);
            case "stripe" -> new StripeScheme(secret, tolerance);
            case "slack" -> new SlackScheme(secret, tolerance);
            case "standard" -> standard(secret, tolerance);
            case "basic" -> TokenScheme.header("Authorization", "Basic ", basic(secret));
            case "bearer" -> TokenScheme.header("Authorization", "Bearer ", secret);
            case "api-key" -> TokenScheme.header(json.path("header").asText(), "", secret);
            case "url-secret" ->
                json.path("parameter").isNull()
                        ? TokenScheme.path(secret)
                        : TokenScheme.query(json.path("parameter").asText(), secret);
            default -> new NoScheme();
        };
    }

    /** Refuses a secret that is too short, too long, or cannot stand where this scheme has it. */
    public void check(String secret) throws Problem {
        boolean inUrl = name().equals("url-secret");
        int min = inUrl ? URL_SECRET_CHARS_MIN : SECRET_CHARS_MIN;
        if (proves() && (secret.length() < min || secret.length() > SECRET_CHARS_MAX)) {
            throw Problem.field("secret", "'secret' must have %d to %d characters".formatted(min, SECRET_CHARS_MAX));
        }
        if (inUrl && !URL_SECRET.matcher(secret).matches()) {
            throw Problem.field("secret", "'secret' may hold only letters, digits and . _ ~ - in a URL");
        }
    }

    private Scheme hmac(String secret) {
        List<String> headers = new ArrayList<>();
        json.path("headers").forEach(header -> headers.add(header.asText()));
        boolean hex = json.path("encoding").asText().equals("hex");
        return new HmacScheme(
                json.path("algorithm").asText().equals("sha512") ? "HmacSHA512" : "HmacSHA256",
                hex ? HmacScheme.Encoding.HEX : HmacScheme.Encoding.BASE64,
                headers,
                json.path("prefix").asText(),
                secret);
    }

    private Scheme standard(String secret, Duration tolerance) throws Problem {
        String prefix = json.path("header_prefix").asText();
        try {
            return isSenders()
                    ? StandardScheme.publicKey(secret, prefix, tolerance)
                    : StandardScheme.shared(secret, prefix, tolerance);
        } catch (IllegalArgumentException e) {
            throw Problem.field("secret", String.valueOf(e.getMessage()));
        }
    }

    private String basic(String secret) {
        String username = json.path("username").asText("");
        return json.path("username").isNull()
                ? secret
                : Base64.getEncoder().encodeToString((username + ":" + secret).getBytes(StandardCharsets.UTF_8));
    }
}
