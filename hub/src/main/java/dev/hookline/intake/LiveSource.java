package dev.hookline.intake;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.access.Cidr;
import dev.hookline.eventlog.AppendRequest;
import dev.hookline.http.Problem;
import dev.hookline.intake.mapping.JsonPath;
import dev.hookline.intake.mapping.Mapping;
import dev.hookline.intake.signature.SchemeDefinition;
import dev.hookline.intake.signature.SignedCall;
import dev.hookline.intake.signature.Verifier;
import dev.hookline.kernel.Limits;
import java.net.InetAddress;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A source, made ready for calls. Immutable. */
public final class LiveSource {
    private final Source source;
    private final SchemeDefinition scheme;
    private final Verifier verifier;
    private final BodyMapping mapping;
    private final List<Cidr> allowed;
    private final @Nullable String idHeader;
    private final @Nullable JsonPath idPath;

    private LiveSource(Source source, SchemeDefinition scheme, Verifier verifier, BodyMapping mapping) throws Problem {
        this.source = source;
        this.scheme = scheme;
        this.verifier = verifier;
        this.mapping = mapping;
        this.allowed = source.allowedAddresses().stream().map(Cidr::parse).toList();
        ObjectNode deduplication = source.deduplication();
        if (deduplication == null) {
            this.idHeader = scheme.idHeader();
            this.idPath = null;
        } else {
            this.idHeader = deduplication.path("header").asText(null);
            String path = deduplication.path("path").asText(null);
            this.idPath = path == null ? null : JsonPath.parse(path, "deduplication.path");
        }
    }

    /** Of a user's source. Problems name the field that is wrong. */
    static LiveSource of(Source source) throws Problem {
        SchemeDefinition scheme = SchemeDefinition.parse(source.scheme());
        SecretsInForce secrets = SecretsInForce.of(source);
        String previous = secrets.previous();
        Verifier verifier = new Verifier(
                scheme.under(text(secrets.current())),
                previous == null ? null : scheme.under(previous),
                secrets.previousUntil());
        return new LiveSource(
                source, scheme, verifier, new MappedBody(source.tenant(), source.name(), mapping(source.mapping())));
    }

    /** Of a built-in one. */
    static LiveSource of(Source settings, BuiltInSource builtIn) throws Problem {
        SecretsInForce secrets = SecretsInForce.of(settings, builtIn);
        String previous = secrets.previous();
        Verifier verifier = new Verifier(
                builtIn.under(text(secrets.current())),
                previous == null ? null : builtIn.under(previous),
                secrets.previousUntil());
        return new LiveSource(settings, builtIn.scheme(), verifier, builtIn.mapping());
    }

    /** The same source for another tenant's events, where it serves all tenants; itself where it does not. */
    LiveSource forTenant(String tenant) throws Problem {
        return mapping instanceof MappedBody body
                ? new LiveSource(source, scheme, verifier, new MappedBody(tenant, body.source(), body.mapping()))
                : this;
    }

    private static String text(@Nullable String secret) {
        return secret == null ? "" : secret;
    }

    /** A template by its name, or a definition. */
    static Mapping mapping(@Nullable JsonNode mapping) throws Problem {
        if (mapping != null && mapping.isTextual()) {
            return Optional.ofNullable(Mapping.templates().get(mapping.textValue()))
                    .orElseThrow(() -> Problem.field(
                            "mapping",
                            "'mapping' must be a definition, or one of "
                                    + String.join(", ", Mapping.templates().keySet())));
        }
        if (mapping instanceof ObjectNode definition) {
            return Mapping.parse(definition);
        }
        throw Problem.field("mapping", "'mapping' must be the name of a template, or a definition");
    }

    Source source() {
        return source;
    }

    SchemeDefinition scheme() {
        return scheme;
    }

    Verifier verifier() {
        return verifier;
    }

    BodyMapping mapping() {
        return mapping;
    }

    boolean allows(InetAddress address) {
        if (allowed.isEmpty()) {
            return true;
        }
        byte[] bytes = Cidr.bytes(address);
        return allowed.stream().anyMatch(range -> range.contains(bytes));
    }

    boolean hasAllowList() {
        return !allowed.isEmpty();
    }

    /** The id that its sender signed, of a call of which it is known that its proof held; null where none is signed. */
    @Nullable
    String signedId(SignedCall call) throws Problem {
        String header = scheme.signedIdHeader();
        return header == null ? null : IdempotencyKey.of(call.header(header));
    }

    /**
     * What is appended of a call. What makes it one: the id that this source is set up to look for, else those that its
     * mapping finds, that its scheme signed, or that its kind of sender gives.
     *
     * @param signed the id that the call's proof covers; null where it covers none
     * @param otherwise the id of a call that has none
     */
    List<AppendRequest> requests(
            SignedCall call,
            JsonNode body,
            BodyMapping.Events events,
            @Nullable String signed,
            @Nullable String otherwise)
            throws Problem {
        String wanted = wantedId(body);
        if (wanted != null) {
            return List.of(new AppendRequest(events.data(), wanted));
        }
        String ofCall = signed == null ? givenId(call) : signed;
        return events.requests(ofCall == null ? otherwise : ofCall);
    }

    private @Nullable String givenId(SignedCall call) throws Problem {
        if (source.isBuiltIn()) {
            return IdempotencyKey.in(call);
        }
        return idHeader == null ? null : IdempotencyKey.of(call.header(idHeader));
    }

    private @Nullable String wantedId(JsonNode body) throws Problem {
        JsonNode id = idPath == null ? null : idPath.in(body);
        if (idPath == null || id == null || !id.isValueNode() || id.isNull()) {
            return null;
        }
        String text = id.asText();
        if (text.isEmpty() || text.length() > Limits.NAME_CHARS_MAX) {
            throw Problem.field(
                    idPath.toString(), "'" + idPath + "' must have 1 to " + Limits.NAME_CHARS_MAX + " characters");
        }
        return text;
    }
}
