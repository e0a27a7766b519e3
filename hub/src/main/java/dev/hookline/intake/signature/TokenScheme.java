package dev.hookline.intake.signature;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A secret that comes along as it is: in a header, in the query, or in the path. */
final class TokenScheme implements Scheme {
    /** Where the secret stands. */
    private enum Place {
        HEADER,
        QUERY,
        PATH
    }

    private final Place place;
    private final String name;
    private final String prefix;
    private final String token;
    private final byte[] expected;

    private TokenScheme(Place place, String name, String prefix, String token) {
        this.place = place;
        this.name = name;
        this.prefix = prefix;
        this.token = token;
        this.expected = token.getBytes(StandardCharsets.UTF_8);
    }

    /**
     * In a header.
     *
     * @param prefix what stands before it, in any case: {@code "Bearer "}; may be empty
     */
    static TokenScheme header(String name, String prefix, String token) {
        return new TokenScheme(Place.HEADER, name, prefix, token);
    }

    static TokenScheme query(String parameter, String token) {
        return new TokenScheme(Place.QUERY, parameter, "", token);
    }

    static TokenScheme path(String token) {
        return new TokenScheme(Place.PATH, "", "", token);
    }

    @Override
    public Verdict verify(SignedCall call, Instant now) {
        String sent = sent(call);
        if (sent == null) {
            return new Verdict.Refused("There is no " + where());
        }
        if (!sent.regionMatches(true, 0, prefix, 0, prefix.length())) {
            return new Verdict.Refused(where() + " does not start with " + prefix.strip());
        }
        String given = sent.substring(prefix.length()).strip();
        return expected.length > 0 && MessageDigest.isEqual(expected, given.getBytes(StandardCharsets.UTF_8))
                ? Verdict.Verified.WITHOUT_ID
                : new Verdict.Refused("The secret in " + where() + " is wrong");
    }

    private @Nullable String sent(SignedCall call) {
        return switch (place) {
            case HEADER -> call.header(name);
            case QUERY -> call.query(name);
            case PATH -> call.pathSecret();
        };
    }

    private String where() {
        return switch (place) {
            case HEADER -> "header " + name;
            case QUERY -> "query parameter " + name;
            case PATH -> "secret in the path";
        };
    }

    @Override
    public Optional<Proof> prove(byte[] body, String id, Instant now) {
        return Optional.of(
                switch (place) {
                    case HEADER -> Proof.headers(Map.of(name, prefix + token));
                    case QUERY -> new Proof(Map.of(), Map.of(name, token), null);
                    case PATH -> new Proof(Map.of(), Map.of(), token);
                });
    }
}
