package dev.hookline.records;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;

/**
 * The latest state of one record.
 *
 * @param id a number of our own, for views that promise one where the key is none
 * @param version how many changes it has seen; 1 after the first
 * @param lastPosition the position of the last change
 * @param state a JSON object: every field that was ever sent, with its last value
 */
public record RecordState(
        String model,
        String key,
        long id,
        long version,
        long lastPosition,
        boolean deleted,
        Instant createdAt,
        Instant updatedAt,
        JsonNode state) {}
