package dev.hookline.delivery;

import java.net.URI;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Where a tenant wants its events of one type sent.
 *
 * @param event the event type, matched exactly
 * @param secret signs what is sent; the text as given. Null when this hub's master key does not open it: then nothing can be
 *     sent, and every attempt fails and says so
 * @param active false while paused: what matches then is kept, and sent when it is resumed
 * @param fromPosition it gets the events above: the log's head when it was made, or was given another event type
 */
record Subscription(
        long id,
        String tenant,
        URI url,
        String event,
        @Nullable String secret,
        boolean active,
        long fromPosition,
        Instant createdAt,
        Instant updatedAt) {
    /** The secret's last four characters, for people to tell secrets apart. */
    static String hint(@Nullable String secret) {
        return secret == null || secret.length() < 8 ? "…" : "…" + secret.substring(secret.length() - 4);
    }

    @Override
    public String toString() {
        return "Subscription[id=" + id + ", tenant=" + tenant + ", url=" + url + ", event=" + event + ", active="
                + active + "]";
    }
}
