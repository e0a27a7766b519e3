package dev.hookline.catalogue;

import dev.hookline.kernel.Time;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Each tenant's {@link TenantCatalogue}, kept in memory for the tenants used last. A change made on this node counts at once,
 * one made on another within five seconds.
 */
public final class Catalogue {
    private static final Logger LOG = LoggerFactory.getLogger(Catalogue.class);
    private static final int TENANTS_MAX = 32;
    private static final long FRESH_NANOS = Duration.ofSeconds(5).toNanos();

    private final PostgresCatalogue store;
    private final Time time;
    private final Map<String, Slot> slots = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Slot> eldest) {
            return size() > TENANTS_MAX;
        }
    };

    public Catalogue(PostgresCatalogue store, Time time) {
        this.store = store;
        this.time = time;
    }

    /** What a tenant knows. Blocks for the database on first use; while that is away, what was known last still counts. */
    public TenantCatalogue of(String tenant) {
        Slot slot;
        synchronized (slots) {
            slot = slots.computeIfAbsent(tenant, Slot::new);
        }
        return slot.get();
    }

    /** The next {@link #of} of this tenant reads the database. */
    void changed(String tenant) {
        synchronized (slots) {
            slots.remove(tenant);
        }
    }

    private final class Slot {
        private final String tenant;
        private final ReentrantLock reading = new ReentrantLock();
        private volatile @Nullable TenantCatalogue known;
        private volatile long readAt;

        Slot(String tenant) {
            this.tenant = tenant;
        }

        /** One caller looks whether something changed; the others go on with what is known. */
        TenantCatalogue get() {
            TenantCatalogue seen = known;
            if (seen != null && (isFresh() || !reading.tryLock())) {
                return seen;
            }
            if (seen == null) {
                reading.lock();
            }
            try {
                return isFresh() && known != null ? known : read();
            } finally {
                reading.unlock();
            }
        }

        private boolean isFresh() {
            return time.nanos() - readAt < FRESH_NANOS;
        }

        private TenantCatalogue read() {
            TenantCatalogue old = known;
            if (old == null) {
                TenantCatalogue read = store.read(tenant);
                known = read;
                readAt = time.nanos();
                return read;
            }
            readAt = time.nanos();
            try {
                if (store.version(tenant) != old.version()) {
                    known = store.read(tenant);
                }
            } catch (RuntimeException e) {
                LOG.warn("The event catalogue of tenant {} is not read anew: {}", tenant, e.getMessage());
            }
            TenantCatalogue now = known;
            return now == null ? old : now;
        }
    }
}
