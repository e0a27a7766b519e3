package dev.hookline.intake.signature;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A scheme under the present secret and, for a while after a rotation, the one before.
 *
 * @param previous null when there is none
 * @param previousUntil when the one before ends
 */
public record Verifier(
        Scheme current, @Nullable Scheme previous, @Nullable Instant previousUntil) {
    public Verdict verify(SignedCall call, Instant now) {
        Verdict verdict = current.verify(call, now);
        if (verdict instanceof Verdict.Refused
                && previous != null
                && previousUntil != null
                && now.isBefore(previousUntil)) {
            Verdict earlier = previous.verify(call, now);
            return earlier instanceof Verdict.Refused ? verdict : earlier;
        }
        return verdict;
    }
}
