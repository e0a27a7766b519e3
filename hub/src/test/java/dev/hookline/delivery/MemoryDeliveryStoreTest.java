package dev.hookline.delivery;

import dev.hookline.kernel.Time;
import java.net.URI;

class MemoryDeliveryStoreTest extends DeliveryStoreContract {
    private final MemoryDeliveryStore store = new MemoryDeliveryStore(Time.system(), () -> 0);

    @Override
    DeliveryStore store() {
        return store;
    }

    @Override
    MemoryDeliveryStore.Row row(DeliveryKey key) {
        return store.rows().stream()
                .filter(row -> row.key().equals(key))
                .findFirst()
                .orElseThrow();
    }

    @Override
    long subscribe() {
        return store.add("default", URI.create("https://example.org/hook"), "booking.created", "a secret")
                .id();
    }

    @Override
    void pause(long subscription) {
        store.pause(subscription);
    }

    @Override
    void resume(long subscription) {
        store.resume(subscription);
    }

    @Override
    void delete(long subscription) {
        store.delete(subscription);
    }

    @Override
    boolean skip(DeliveryKey key) {
        return store.skip(key);
    }

    @Override
    boolean replay(DeliveryKey key) {
        return store.replay(key);
    }
}
