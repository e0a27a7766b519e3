package dev.hookline.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hookline.delivery.history.PostgresDeliveryActions;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

class PostgresDeliveryStoreIT extends DeliveryStoreContract {
    private static final String TENANT = "default";

    private final DeliveryDatabase database = new DeliveryDatabase();
    private final PostgresDeliveryActions actions = new PostgresDeliveryActions(database.database.jdbi());

    /** What is replayed needs its event. */
    @BeforeEach
    void insertEvents() {
        database.insertEvents(3);
    }

    @AfterEach
    void close() {
        database.close();
    }

    @Override
    DeliveryStore store() {
        return database.store;
    }

    @Override
    MemoryDeliveryStore.Row row(DeliveryKey key) {
        return database.row(key);
    }

    @Override
    long subscribe() {
        return database.subscribe(TENANT, "booking.created");
    }

    @Override
    void pause(long subscription) {
        setActive(subscription, false);
    }

    @Override
    void resume(long subscription) {
        setActive(subscription, true);
    }

    private void setActive(long subscription, boolean active) {
        assertThat(database.subscriptions.setActive(TENANT, subscription, active))
                .isPresent();
    }

    @Override
    void delete(long subscription) {
        database.subscriptions.delete(TENANT, subscription);
    }

    @Override
    boolean skip(DeliveryKey key) {
        return actions.skip(TENANT, List.of(key)).containsKey(key);
    }

    @Override
    boolean replay(DeliveryKey key) {
        return actions.retry(TENANT, List.of(key)).containsKey(key);
    }
}
