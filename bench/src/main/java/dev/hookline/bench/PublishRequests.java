package dev.hookline.bench;

import java.util.List;

/** Bookings as published events, many in a request. */
final class PublishRequests {
    static final String PATH = "/api/v1/tenant/webhooks/events";

    private PublishRequests() {}

    /**
     * Requests that name every booking once.
     *
     * @param each events in a request
     * @param keys whether each request has an {@code Idempotency-Key}
     */
    static PreparedRequests of(String authorization, String event, int bookings, int each, boolean keys) {
        return new PreparedRequests(
                PATH,
                keys ? "Idempotency-Key" : null,
                bookings / each,
                i -> List.of("Authorization: " + authorization, body(event, i * each, each)));
    }

    private static String body(String event, int first, int each) {
        StringBuilder body = new StringBuilder("{\"events\":[");
        for (int i = first; i < first + each; i++) {
            body.append(i == first ? "" : ",")
                    .append("{\"event\":\"")
                    .append(event)
                    .append("\",\"resource_type\":\"booking\",\"resource_id\":\"")
                    .append(BookingRequests.reference(i))
                    .append("\",\"data\":{")
                    .append(BookingRequests.fields(i))
                    .append("}}");
        }
        return body.append("]}").toString();
    }
}
