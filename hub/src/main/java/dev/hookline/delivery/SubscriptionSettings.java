package dev.hookline.delivery;

import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What a tenant decides about a subscription.
 *
 * @param name for people; may be empty
 * @param description for people; may be empty
 * @param events which event types; see {@link EventPattern}
 * @param filter an expression over the event that must hold; see {@link EventFilter}
 * @param headers sent besides the hub's own, in this order
 * @param tls null for the JDK's own
 */
record SubscriptionSettings(
        String name,
        String description,
        URI url,
        List<String> events,
        @Nullable String filter,
        PayloadForm payloadForm,
        DeliverySettings delivery,
        Signing signing,
        Map<String, String> headers,
        OutboundAuth auth,
        @Nullable ClientTls tls) {
    /** With everything but these as it is by default. */
    static SubscriptionSettings of(URI url, List<String> events, Signing signing) {
        return new SubscriptionSettings(
                "",
                "",
                url,
                events,
                null,
                PayloadForm.GESTIQCLOUD,
                DeliverySettings.DEFAULT,
                signing,
                Map.of(),
                OutboundAuth.none(),
                null);
    }

    /** Whether another gets the same events. */
    boolean matchesAs(SubscriptionSettings other) {
        return events.equals(other.events) && Objects.equals(filter, other.filter);
    }

    SubscriptionSettings with(Signing other) {
        return new SubscriptionSettings(
                name, description, url, events, filter, payloadForm, delivery, other, headers, auth, tls);
    }

    SubscriptionSettings with(DeliverySettings other) {
        return new SubscriptionSettings(
                name, description, url, events, filter, payloadForm, other, signing, headers, auth, tls);
    }

    @Override
    public String toString() {
        return "SubscriptionSettings[url=" + url + ", events=" + events + ", filter=" + filter + "]";
    }
}
