package dev.hookline.intake;

import dev.hookline.http.Problem;
import dev.hookline.kernel.Time;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Every source, ready in memory: a call reads no table. Loaded at the start, again with each change on this node, and within
 * a second of a change on another, which the version tells of.
 */
public final class Sources implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Sources.class);
    private static final Duration BETWEEN_LOOKS = Duration.ofMillis(500);

    private record Snapshot(long version, Map<String, LiveSource> byPath, Map<String, LiveSource> byName) {}

    private final PostgresSources store;
    private final String tenant;
    private final Map<String, BuiltInSource> builtIn;
    private final Time time;
    private volatile Snapshot snapshot = new Snapshot(-1, Map.of(), Map.of());
    private @Nullable Thread looking;

    /**
     * With nothing loaded yet.
     *
     * @param tenant of the built-in sources
     */
    public Sources(PostgresSources store, String tenant, List<BuiltInSource> builtIn, Time time) {
        this.store = store;
        this.tenant = tenant;
        this.builtIn = builtIn.stream().collect(Collectors.toMap(BuiltInSource::name, Function.identity()));
        this.time = time;
    }

    /** Loads everything, and looks for changes from now on. */
    public void start() {
        builtIn.values().forEach(known -> store.ensureBuiltIn(tenant, known.name(), known.addressRatePerMinute()));
        refresh();
        looking = Thread.ofVirtual().name("sources").start(this::look);
    }

    private void look() {
        while (!Thread.currentThread().isInterrupted()) {
            try {
                time.sleep(BETWEEN_LOOKS);
                if (store.version() != snapshot.version) {
                    refresh();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } catch (RuntimeException e) {
                LOG.warn("Cannot look for changes of sources; trying again: {}", e.getMessage());
            }
        }
    }

    /** Loads what there is now. */
    synchronized void refresh() {
        PostgresSources.All all = store.all();
        Map<String, LiveSource> byPath = new HashMap<>();
        Map<String, LiveSource> byName = new HashMap<>();
        for (Source source : all.sources()) {
            try {
                BuiltInSource known = builtIn(source);
                String path = source.path();
                if (path != null) {
                    byPath.put(path, LiveSource.of(source));
                } else if (known != null && known.adjustable()) {
                    byName.put(source.name(), LiveSource.of(source, known));
                }
            } catch (Problem | IllegalArgumentException e) {
                LOG.error("The source {} of {} takes no calls: {}", source.name(), source.tenant(), e.getMessage());
            }
        }
        snapshot = new Snapshot(all.version(), Map.copyOf(byPath), Map.copyOf(byName));
    }

    /** What follows {@code /in/}; null when there is none, or it cannot be used. */
    @Nullable
    LiveSource at(String path) {
        return snapshot.byPath.get(path);
    }

    /** A built-in source, with its settings of now. */
    public LiveSource builtIn(String name) {
        LiveSource source = snapshot.byName.get(name);
        if (source == null) {
            throw new IllegalStateException("There is no built-in source " + name);
        }
        return source;
    }

    /** What the hub knows of a built-in source; null for a user's, and for one of a later version of the hub. */
    @Nullable
    BuiltInSource builtIn(Source source) {
        return source.isBuiltIn() && source.tenant().equals(tenant) ? builtIn.get(source.name()) : null;
    }

    /** A tenant's source by its name, as it is now; null when there is none, or it cannot be used. */
    @Nullable
    LiveSource named(String tenantOf, String name) {
        Snapshot now = snapshot;
        LiveSource known = tenantOf.equals(tenant) ? now.byName.get(name) : null;
        if (known != null) {
            return known;
        }
        for (LiveSource source : now.byPath.values()) {
            if (source.source().tenant().equals(tenantOf)
                    && source.source().name().equals(name)) {
                return source;
            }
        }
        return name.equals(OdooModuleRoutes.SOURCE) ? ofAnyTenant(now.byName.get(name), tenantOf) : null;
    }

    /** Odoo's receiver takes the tokens of every tenant. */
    private static @Nullable LiveSource ofAnyTenant(@Nullable LiveSource source, String tenantOf) {
        try {
            return source == null ? null : source.forTenant(tenantOf);
        } catch (Problem e) {
            throw new IllegalStateException("It was right for its own tenant", e);
        }
    }

    @Override
    public void close() {
        if (looking != null) {
            looking.interrupt();
        }
    }
}
