package dev.hookline.delivery;

import dev.hookline.eventlog.Event;
import dev.hookline.eventlog.EventData;
import dev.hookline.kernel.Json;
import java.nio.charset.StandardCharsets;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/**
 * The body of an outgoing webhook, as seed 004 prints it: {@code event}, {@code resource_type} (the event type up to its
 * first dot), {@code resource_id} (the record's key), {@code timestamp} (when it occurred, in UTC, always six digits of
 * fraction and no zone), {@code data} (the payload, byte for byte; of a business event {@link EventData#typeData its data}) and {@code metadata} with {@code tenant_id},
 * {@code source} and {@code version} {@code "1.0"}.
 */
final class Envelope {
    /** What {@code metadata.source} says unless the tenant sets it. */
    static final String SOURCE = "hookline";

    private static final DateTimeFormatter NAIVE_UTC = DateTimeFormatter.ofPattern(
                    "uuuu-MM-dd'T'HH:mm:ss.SSSSSS", Locale.ROOT)
            .withZone(ZoneOffset.UTC);

    private Envelope() {}

    /**
     * UTF-8 JSON without spaces; the same event gives the same bytes at every attempt.
     *
     * @param source of {@code metadata}; {@link #SOURCE} unless the tenant has its own
     */
    static byte[] body(Event event, String source) {
        EventData data = event.data();
        String type = data.eventType();
        int dot = type.indexOf('.');
        StringBuilder json = new StringBuilder(300 + data.payload().length());
        json.append("{\"event\":").append(Json.quote(type));
        json.append(",\"resource_type\":").append(Json.quote(dot < 0 ? type : type.substring(0, dot)));
        json.append(",\"resource_id\":").append(Json.quote(data.recordKey()));
        json.append(",\"timestamp\":\"");
        NAIVE_UTC.formatTo(data.occurredAt(), json);
        json.append("\",\"data\":").append(data.typeData());
        json.append(",\"metadata\":{\"tenant_id\":").append(Json.quote(data.tenant()));
        json.append(",\"source\":").append(Json.quote(source));
        json.append(",\"version\":\"1.0\"}}");
        return json.toString().getBytes(StandardCharsets.UTF_8);
    }
}
