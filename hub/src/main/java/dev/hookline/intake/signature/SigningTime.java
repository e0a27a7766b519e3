package dev.hookline.intake.signature;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** The time that a sender signed: Unix seconds, which may differ from ours by a tolerance. */
record SigningTime(Duration tolerance) {
    /** Why this is no time to accept; null when it is one. */
    @Nullable
    String fault(@Nullable String seconds, Instant now) {
        if (seconds == null) {
            return "There is no timestamp";
        }
        long sent;
        try {
            sent = Long.parseLong(seconds);
        } catch (NumberFormatException _) {
            return "The timestamp is no number of seconds";
        }
        // Compared as numbers: an Instant does not hold every long.
        long early = now.getEpochSecond() - tolerance.toSeconds();
        long late = now.getEpochSecond() + tolerance.toSeconds();
        if (sent < early || sent > late) {
            return "The timestamp differs from this machine's clock by more than " + tolerance.toSeconds() + " seconds";
        }
        return null;
    }
}
