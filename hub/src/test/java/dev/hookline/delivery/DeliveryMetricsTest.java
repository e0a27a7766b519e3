package dev.hookline.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Label values are bounded, and what everybody looks at keeps its name. */
class DeliveryMetricsTest {
    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final DeliveryMetrics metrics = new DeliveryMetrics(registry, "default");

    /** As many types as there may be, of publishers and of models that Odoo sends. */
    @BeforeEach
    void junk() {
        for (int i = 0; i < 150; i++) {
            deliver("junk.type_" + i);
            deliver("x_model_" + i + ".write");
        }
    }

    private void deliver(String event) {
        metrics.settled(
                event, "default", new Outcome.Delivered(new DeliveryKey(1, 1), 1, 200), new SendResult.Answered(200));
    }

    private double count(String event, String status) {
        return registry.get("webhook.deliveries")
                .tags("event", event, "tenant_id", "default", "status", status)
                .counter()
                .count();
    }

    @Test
    void theHubsOwnTypesKeepTheirNamesHoweverManyOthersThereAre() {
        deliver("invoice.created");
        deliver("webhook.delivery.dead");

        assertThat(count("invoice.created", "delivered")).isEqualTo(1);
        assertThat(count("webhook.delivery.dead", "delivered")).isEqualTo(1);
    }

    @Test
    void otherTypesBeyondTheFirst200CountAsOther() {
        deliver("late.type");

        assertThat(count("junk.type_0", "delivered")).isEqualTo(1);
        assertThat(count("other", "delivered")).isEqualTo(101);
        assertThat(registry.find("webhook.deliveries").tag("event", "late.type").counter())
                .isNull();
    }

    @Test
    void whatIsGivenUpWithoutAnAttemptHasFailed() {
        metrics.gaveUp("payment.failed", "default", 7);
        metrics.gaveUp(null, "default", 1);
        metrics.gaveUp(null, null, 1);

        assertThat(count("payment.failed", "failed")).isEqualTo(7);
        assertThat(count("other", "failed")).isEqualTo(1);
        assertThat(registry.get("webhook.deliveries")
                        .tags("tenant_id", "other")
                        .counter()
                        .count())
                .isEqualTo(1);
    }
}
