package dev.hookline.eventlog;

import java.time.Instant;

/**
 * An event in the log.
 *
 * @param position its place in the log; the {@code id} that clients see
 * @param receivedAt when it was committed, to the microsecond; never falls as positions rise
 */
public record Event(long position, Instant receivedAt, EventData data) {
    public String tenant() {
        return data.tenant();
    }
}
