package dev.hookline.delivery;

import dev.hookline.access.MasterKey;
import dev.hookline.delivery.history.PostgresAttemptPartitions;
import dev.hookline.eventlog.PostgresPartitions;
import dev.hookline.postgres.Database;
import dev.hookline.postgres.TestDatabase;
import java.net.URI;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Base64;
import java.util.List;

/** A real database with the tenants {@code default} and {@code other}, and what is in its tables of deliveries. */
public final class DeliveryDatabase implements AutoCloseable {
    public final Database database = TestDatabase.fresh();
    final PostgresSubscriptions subscriptions = new PostgresSubscriptions(
            database.jdbi(), MasterKey.of(Base64.getEncoder().encodeToString(new byte[32])));
    final PostgresDeliveryStore store = new PostgresDeliveryStore(database.byIndex(), subscriptions);

    public DeliveryDatabase() {
        new PostgresPartitions(database.pool()).make();
        new PostgresAttemptPartitions(database.pool(), 30).keep();
        database.jdbi()
                .useHandle(db -> db.execute("INSERT INTO tenant (id, name) VALUES ('default', 'Default'),"
                        + " ('other', 'Other') ON CONFLICT DO NOTHING"));
    }

    /** Pauses a subscription of the tenant {@code default}. */
    public void pause(long subscription) {
        subscriptions.setActive("default", subscription, false);
    }

    /** Resumes one. */
    public void resume(long subscription) {
        subscriptions.setActive("default", subscription, true);
    }

    /** Pauses one as the hub itself does. */
    public void disable(long subscription, String reason) {
        subscriptions.disable(subscriptions.find("default", subscription).orElseThrow(), reason);
    }

    /** Changes one as its owner does. */
    public void rename(long subscription, String name) {
        Subscription before = subscriptions.find("default", subscription).orElseThrow();
        SubscriptionSettings settings = before.settings();
        Subscription _ = subscriptions
                .change(
                        before,
                        new SubscriptionSettings(
                                name,
                                settings.description(),
                                settings.url(),
                                settings.events(),
                                settings.filter(),
                                settings.payloadForm(),
                                settings.delivery(),
                                settings.signing(),
                                settings.headers(),
                                settings.auth(),
                                settings.tls()))
                .orElseThrow();
    }

    /** A subscription to one type of event, from now on. */
    public long subscribe(String tenant, String event) {
        SubscriptionSettings settings = SubscriptionSettings.of(
                URI.create("https://example.org/hook"), List.of(event), Signing.with("a secret of some length"));
        return subscriptions.create(tenant, settings).id();
    }

    /** Events at the positions from 1, of ten bookings in turn. */
    public void insertEvents(int count) {
        database.jdbi().useHandle(db -> db.execute("""
                INSERT INTO event (position, tenant, source, model, record_key, operation, event_type, priority, category,
                                   occurred_at, received_at, payload)
                SELECT n, 'default', 'test', 'booking', 'BK-' || n % 10, 'create',
                       CASE WHEN n % 2 = 0 THEN 'booking.created' ELSE 'order.created' END, 'medium', 'business', now(), now(), '{}'
                FROM generate_series(1, ?) AS n
                """, count));
    }

    MemoryDeliveryStore.Row row(DeliveryKey key) {
        return database.jdbi()
                .withHandle(db -> db.createQuery("""
                        SELECT d.*, q.due_at, coalesce(q.holder, d.holder) AS held_by, q.lane
                        FROM delivery d LEFT JOIN delivery_due q USING (subscription, position)
                        WHERE d.subscription = :subscription AND d.position = :position
                        """)
                        .bind("subscription", key.subscription())
                        .bind("position", key.position())
                        .map((row, _) -> new MemoryDeliveryStore.Row(
                                key,
                                row.getString("status"),
                                row.getInt("attempts"),
                                row.getObject("last_code", Integer.class),
                                row.getString("last_error"),
                                instant(row.getObject("due_at", OffsetDateTime.class)),
                                row.getObject("held_by", Long.class),
                                row.getObject("lane", Long.class)))
                        .one());
    }

    private static Instant instant(OffsetDateTime time) {
        return time == null ? null : time.toInstant();
    }

    @Override
    public void close() {
        database.close();
    }
}
