package dev.hookline.delivery;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.eventlog.Event;
import dev.hookline.eventlog.EventData;
import dev.hookline.kernel.Json;
import java.net.URLEncoder;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/** The forms that a subscriber can have an event in. All are UTF-8 JSON; the same event gives the same bytes at every attempt. */
enum PayloadForm {
    /** {@link Envelope}, as seed 004 prints it. */
    GESTIQCLOUD,
    /** {@code type}, {@code timestamp} (when it occurred, ISO 8601 in UTC) and {@code data}, as Standard Webhooks has it. */
    STANDARD,
    /**
     * CloudEvents 1.0 in structured mode: {@code id} is {@code evt_} and the position, {@code source} is {@code /tenant/source},
     * {@code subject} the record's key.
     */
    CLOUDEVENTS,
    /**
     * What Odoo's own webhook action sends, and its {@code /web/hook/…} takes: {@code _model}, {@code _id} (a number where the
     * record has one), {@code _action} (the event type and its position), and the fields of the payload.
     */
    ODOO,
    /** The payload alone, byte for byte. */
    RAW;

    private static final Pattern WHOLE_NUMBER = Pattern.compile("[1-9][0-9]{0,17}");

    private final String text = name().toLowerCase(Locale.ROOT);

    String text() {
        return text;
    }

    static Optional<PayloadForm> of(String text) {
        return Arrays.stream(values()).filter(form -> form.text.equals(text)).findFirst();
    }

    String contentType() {
        return this == CLOUDEVENTS ? "application/cloudevents+json" : "application/json";
    }

    /**
     * The body of a webhook.
     *
     * @param source what the tenant's webhooks say that they come from, where the form has a place for it
     */
    byte[] body(Event event, String source) {
        return switch (this) {
            case GESTIQCLOUD -> Envelope.body(event, source);
            case STANDARD -> standard(event.data());
            case CLOUDEVENTS -> cloudEvent(event);
            case ODOO -> odoo(event);
            case RAW -> event.data().payload().getBytes(UTF_8);
        };
    }

    private static byte[] standard(EventData data) {
        return ("{\"type\":" + Json.quote(data.eventType())
                        + ",\"timestamp\":\"" + data.occurredAt()
                        + "\",\"data\":" + data.typeData() + '}')
                .getBytes(UTF_8);
    }

    private static byte[] cloudEvent(Event event) {
        EventData data = event.data();
        String source = "/" + encoded(data.tenant()) + "/" + encoded(data.source());
        return ("{\"specversion\":\"1.0\",\"id\":\"evt_" + event.position()
                        + "\",\"source\":" + Json.quote(source)
                        + ",\"type\":" + Json.quote(data.eventType())
                        + ",\"subject\":" + Json.quote(data.recordKey())
                        + ",\"time\":\"" + data.occurredAt()
                        + "\",\"datacontenttype\":\"application/json\",\"data\":" + data.typeData() + '}')
                .getBytes(UTF_8);
    }

    private static String encoded(String part) {
        return URLEncoder.encode(part, UTF_8).replace("+", "%20");
    }

    private static byte[] odoo(Event event) {
        EventData data = event.data();
        ObjectNode fields = Json.object().put("_model", data.model());
        if (data.recordId() != null) {
            fields.put("_id", data.recordId());
        } else if (WHOLE_NUMBER.matcher(data.recordKey()).matches()) {
            fields.put("_id", Long.parseLong(data.recordKey()));
        } else {
            fields.put("_id", data.recordKey());
        }
        fields.put("_action", data.eventType() + "(#" + event.position() + ")");
        Json.read(data.sentPayload())
                .properties()
                .forEach(field -> fields.putIfAbsent(field.getKey(), field.getValue()));
        return Json.write(fields).getBytes(UTF_8);
    }
}
