package dev.hookline.devicesync;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * How far a device has read, as stored.
 *
 * @param epoch counted up by each reset
 * @param position where a pull without a token reads on from
 * @param lastEventId the last event that the device is known to have; 0 for none
 * @param syncedAt null before the first pull
 */
record Cursor(
        long id,
        long epoch,
        long position,
        long lastEventId,
        @Nullable Instant syncedAt) {}
