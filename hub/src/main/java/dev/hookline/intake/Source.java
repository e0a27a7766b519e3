package dev.hookline.intake;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A sender as it is set up.
 *
 * @param path what follows {@code /in/}; null for a built-in source
 * @param kind {@code webhook} or {@code odoo}; of a built-in source its name
 * @param scheme as {@code SchemeDefinition} has it; null for a built-in source
 * @param secret the present one; null where the scheme has none, and for a built-in source that was never rotated
 * @param previous the one before the last rotation, which counts until {@code previousUntil}
 * @param environmentSecret of a built-in source: what its variable said at the last rotation; null before the first
 * @param mapping the name of a template as a JSON string, or a definition; null for a built-in source
 * @param deduplication {@code {"header":…}} or {@code {"path":…}}; null for what the scheme or the mapping gives
 * @param allowedAddresses addresses and ranges; empty for all
 * @param ratePerMinute calls without proof, of all addresses; null for no limit
 * @param addressRatePerMinute calls without proof, of one address; null for no limit
 */
public record Source(
        long id,
        String tenant,
        String name,
        @Nullable String path,
        String kind,
        @Nullable ObjectNode scheme,
        @Nullable String secret,
        @Nullable String previous,
        @Nullable Instant previousUntil,
        @Nullable String environmentSecret,
        @Nullable JsonNode mapping,
        @Nullable ObjectNode deduplication,
        List<String> allowedAddresses,
        @Nullable Integer ratePerMinute,
        @Nullable Integer addressRatePerMinute,
        boolean logCalls,
        boolean active,
        Instant createdAt,
        Instant updatedAt) {

    static final String WEBHOOK = "webhook";
    static final String ODOO = "odoo";
    static final int ADDRESS_RATE_PER_MINUTE = 100;

    boolean isBuiltIn() {
        return path == null;
    }

    @Override
    public String toString() {
        return "Source[id=" + id + ", tenant=" + tenant + ", name=" + name + ", kind=" + kind + ", active=" + active
                + "]";
    }
}
