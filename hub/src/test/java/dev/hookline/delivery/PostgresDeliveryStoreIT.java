package dev.hookline.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;

class PostgresDeliveryStoreIT extends DeliveryStoreContract {
    private static final String TENANT = "default";

    private final DeliveryDatabase database = new DeliveryDatabase();

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
        return database.store.skip(key);
    }

    @Override
    boolean replay(DeliveryKey key) {
        return database.store.replay(key);
    }
}
