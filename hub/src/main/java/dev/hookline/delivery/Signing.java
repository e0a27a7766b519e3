package dev.hookline.delivery;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a subscription is signed with.
 *
 * @param secret the current one, as given; null when this hub's master key does not open it: then nothing can be sent, and
 *     every attempt fails and says so
 * @param former the one before, which counts for a while after it was replaced
 * @param keyPair for {@code v1a}: {@code whsk_} and the base64 of seed and public key
 */
record Signing(
        @Nullable String secret,
        @Nullable Former former,
        @Nullable String keyPair) {
    /**
     * A secret that was replaced.
     *
     * @param until it signs beside the new one
     */
    record Former(String secret, Instant until) {}

    static Signing with(@Nullable String secret) {
        return new Signing(secret, null, null);
    }

    /** The secrets that sign at a time, the current one first. */
    List<String> secrets(Instant at) {
        if (secret == null) {
            return List.of();
        }
        return former == null || !at.isBefore(former.until()) ? List.of(secret) : List.of(secret, former.secret());
    }

    /** With another secret; the current one signs beside it until then. */
    Signing rotated(String next, @Nullable Instant overlapUntil) {
        Former replaced = secret == null || overlapUntil == null ? null : new Former(secret, overlapUntil);
        return new Signing(next, replaced, keyPair);
    }

    @Override
    public String toString() {
        return "Signing[…]";
    }
}
