package dev.hookline.intake;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * The secrets that count for a source.
 *
 * @param current null where there is none
 * @param previous counts until {@code previousUntil}
 */
record SecretsInForce(
        @Nullable String current,
        @Nullable String previous,
        @Nullable Instant previousUntil) {

    /** Of a user's source. */
    static SecretsInForce of(Source source) {
        return new SecretsInForce(source.secret(), source.previous(), source.previousUntil());
    }

    /**
     * Of a built-in one. After a rotation the stored secrets count, for as long as the variable says what it said then, or has
     * been set to one of them; when it says something new, that alone counts.
     */
    static SecretsInForce of(Source row, BuiltInSource builtIn) {
        String environment = builtIn.secret();
        boolean rotated = environment != null
                && row.secret() != null
                && (environment.equals(row.environmentSecret())
                        || environment.equals(row.secret())
                        || environment.equals(row.previous()));
        return rotated ? of(row) : new SecretsInForce(environment, null, null);
    }

    @Override
    public String toString() {
        return "SecretsInForce[previousUntil=" + previousUntil + "]";
    }
}
