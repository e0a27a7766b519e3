package dev.hookline.delivery;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;

import dev.hookline.access.MasterKey;
import dev.hookline.delivery.DeliveryStore.NewDelivery;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PostgresSubscriptionsIT {
    private static final String URL = "https://example.org/hook";
    private static final String EVENT = "booking.created";
    private static final String SECRET = "a secret of some length";
    private static final SubscriptionSettings SETTINGS =
            SubscriptionSettings.of(URI.create(URL), List.of(EVENT), Signing.with(SECRET));

    private final DeliveryDatabase database = new DeliveryDatabase();
    private final PostgresSubscriptions subscriptions = database.subscriptions;

    @AfterEach
    void close() {
        database.close();
    }

    private Subscription create(String tenant) {
        return subscriptions.create(tenant, SETTINGS);
    }

    private void moveHead(long position) {
        database.database.jdbi().useHandle(db -> db.execute("UPDATE log_head SET position = ?", position));
    }

    @Test
    void whatWasCreatedIsFound() {
        moveHead(42);

        Subscription made = create("default");

        assertThat(made)
                .extracting(
                        Subscription::tenant,
                        subscription -> subscription.url().toString(),
                        subscription -> subscription.settings().events(),
                        subscription -> subscription.settings().signing().secret(),
                        Subscription::active,
                        Subscription::fromPosition)
                .containsExactly("default", URL, List.of(EVENT), SECRET, true, 42L);
        assertThat(subscriptions.find("default", made.id())).contains(made);
        assertThat(subscriptions.all().all()).containsExactly(made);
    }

    @Test
    void oneWhoseSecretDoesNotOpenKeepsNoOtherFromBeingLoaded() {
        Subscription closed = create("default");
        Subscription other = create("default");
        database.database
                .jdbi()
                .useHandle(
                        db -> db.execute("UPDATE subscription SET sealed_secret = '\\x00' WHERE id = ?", closed.id()));

        assertThat(subscriptions.all().all())
                .extracting(Subscription::id, one -> one.settings().signing().secret())
                .containsExactly(tuple(closed.id(), null), tuple(other.id(), SECRET));
        assertThat(subscriptions.change(closed, SETTINGS))
                .map(one -> one.settings().signing().secret())
                .contains(SECRET);
    }

    @Test
    void anotherTenantSeesAndChangesNothing() {
        Subscription made = create("default");

        assertThat(subscriptions.find("other", made.id())).isEmpty();
        assertThat(subscriptions.list("other", Long.MAX_VALUE, 10)).isEmpty();
        assertThat(subscriptions.setActive("other", made.id(), false)).isEmpty();
        assertThat(subscriptions.delete("other", made.id())).isFalse();
        assertThat(subscriptions.find("default", made.id())).contains(made);
    }

    @Test
    void anotherTenantsPauseLeavesWhatWaitsAlone() {
        long id = create("default").id();
        long node = deliver(new NewDelivery(new DeliveryKey(id, 1), false));

        subscriptions.setActive("other", id, false);
        subscriptions.delete("other", id);

        assertThat(database.store.claim(node, Map.of(id, 10)).taken()).hasSize(1);
    }

    @Test
    void oneThatIsDeletedIsGone() {
        long id = create("default").id();

        assertThat(subscriptions.delete("default", id)).isTrue();

        assertThat(subscriptions.delete("default", id)).isFalse();
        assertThat(subscriptions.find("default", id)).isEmpty();
        assertThat(subscriptions.list("default", Long.MAX_VALUE, 10)).isEmpty();
        assertThat(subscriptions.setActive("default", id, true)).isEmpty();
        assertThat(subscriptions.all().all()).isEmpty();
    }

    @Test
    void theListGoesFromTheNewestDownWithoutGapOrDouble() {
        List<Long> made = new ArrayList<>();
        for (int i = 0; i < 7; i++) {
            made.add(create("default").id());
            create("other");
        }

        List<Long> listed = new ArrayList<>();
        long before = Long.MAX_VALUE;
        List<Subscription> page;
        do {
            page = subscriptions.list("default", before, 3);
            page.forEach(subscription -> listed.add(subscription.id()));
            before = page.isEmpty() ? before : page.getLast().id();
        } while (page.size() == 3);

        assertThat(listed).containsExactlyElementsOf(made.reversed());
    }

    @Test
    void aSecretIsSealedInItsTable() {
        long id = create("default").id();

        byte[] stored = database.database
                .jdbi()
                .withHandle(db -> db.createQuery(
                                "SELECT convert_to(s::text, 'UTF8') || sealed_secret FROM subscription s WHERE id = :id")
                        .bind("id", id)
                        .mapTo(byte[].class)
                        .one());

        assertThat(new String(stored, ISO_8859_1))
                .doesNotContain(SECRET)
                .contains(SECRET.substring(SECRET.length() - 4));
    }

    @Test
    void aChangeLeavesTheRestAsItIs() {
        Subscription made = create("default");

        SubscriptionSettings wanted = SubscriptionSettings.of(
                URI.create("https://example.org/new"), List.of(EVENT), Signing.with("another secret of length"));
        Subscription changed = subscriptions.change(made, wanted).orElseThrow();

        assertThat(changed.settings()).isEqualTo(wanted);
        assertThat(changed)
                .usingRecursiveComparison()
                .ignoringFields("settings", "updatedAt", "revision")
                .isEqualTo(made);
        assertThat(changed.updatedAt()).isAfter(made.updatedAt());
    }

    @Test
    void everySettingIsKept() {
        SubscriptionSettings wanted = everySetting();
        Subscription made = subscriptions.create("default", wanted);

        assertThat(made.settings()).isEqualTo(wanted);
        Subscription changed = subscriptions.change(made, SETTINGS).orElseThrow();
        assertThat(changed.settings()).isEqualTo(SETTINGS);
        assertThat(subscriptions.change(changed, wanted).orElseThrow().settings())
                .isEqualTo(wanted);
    }

    static SubscriptionSettings everySetting() {
        Map<String, String> headers = new LinkedHashMap<>();
        headers.put("X-Second", "two");
        headers.put("X-First", "one");
        return new SubscriptionSettings(
                "Accounting",
                "Invoices over 1,000",
                URI.create("https://example.org/hook?a=b"),
                List.of("invoice.*", "payment.received"),
                "data.amount > 1000",
                PayloadForm.CLOUDEVENTS,
                new DeliverySettings(
                        RetryPolicy.own(List.of(60, 3_600)),
                        Duration.ofSeconds(7),
                        true,
                        DeliverySettings.OnDead.CONTINUE,
                        3,
                        50),
                new Signing(
                        SECRET,
                        new Signing.Former("a former secret", Instant.parse("2026-01-02T03:04:05Z")),
                        OutboundSignature.newKeyPair()),
                headers,
                new OutboundAuth.OAuth2(
                        URI.create("https://id.example.org/token"), "client", "client-secret", "scope", null, true),
                new ClientTls("certificate", "key", null));
    }

    @Test
    void nothingSecretIsReadableInTheTable() {
        SubscriptionSettings settings = everySetting();
        long id = subscriptions.create("default", settings).id();

        String row = database.database
                .jdbi()
                .withHandle(db -> db.createQuery("SELECT s::text || encode(sealed_secret, 'escape')"
                                + " || encode(sealed_extras, 'escape') FROM subscription s WHERE id = :id")
                        .bind("id", id)
                        .mapTo(String.class)
                        .one());

        assertThat(row)
                .contains("invoice.*", "data.amount > 1000")
                .doesNotContain(SECRET, "a former secret", "whsk_", "X-First", "client-secret", "certificate");
    }

    @Test
    void oneSealedUnderAnotherKeyIsShownWithoutItsSecretAndTheOthersWithTheirs() {
        Subscription made = subscriptions.create("default", everySetting());
        PostgresSubscriptions stranger = new PostgresSubscriptions(
                database.database.jdbi(),
                MasterKey.of(Base64.getEncoder().encodeToString("another key of thirty-two bytes.".getBytes(UTF_8))));
        Subscription own = stranger.create("default", SETTINGS);

        assertThat(stranger.all().all())
                .extracting(Subscription::id, one -> one.settings().signing().secret())
                .containsExactly(tuple(made.id(), null), tuple(own.id(), SECRET));
        assertThat(stranger.find("default", made.id()).orElseThrow().settings().headers())
                .isEmpty();
    }

    @Test
    void aChangeMadeFromAnOlderStateIsRefused() {
        Subscription made = create("default");
        subscriptions.change(made, everySetting());

        assertThat(subscriptions.change(made, SETTINGS)).isEmpty();
        assertThat(subscriptions
                        .find("default", made.id())
                        .orElseThrow()
                        .settings()
                        .name())
                .isEqualTo("Accounting");
    }

    @Test
    void failuresOfFiltersAddUp() {
        long one = create("default").id();
        long two = create("default").id();

        subscriptions.filtersFailed(Map.of(one, new FilterFailure(2, "first"), two, new FilterFailure(1, "other")));
        subscriptions.filtersFailed(Map.of(one, new FilterFailure(3, "last")));

        assertThat(subscriptions.filterFailures(List.of(one, two, two + 1)))
                .isEqualTo(Map.of(one, new FilterFailure(5, "last"), two, new FilterFailure(1, "other")));
    }

    @Test
    void everyChangeRaisesTheVersion() {
        List<Long> versions = new ArrayList<>(List.of(subscriptions.version()));
        long id = create("default").id();
        versions.add(subscriptions.version());
        subscriptions.change(
                subscriptions.find("default", id).orElseThrow(), SETTINGS.with(Signing.with(SECRET + "!")));
        versions.add(subscriptions.version());
        subscriptions.setActive("default", id, false);
        versions.add(subscriptions.version());
        subscriptions.delete("default", id);
        versions.add(subscriptions.settledVersion());

        assertThat(versions).isSorted().doesNotHaveDuplicates();
        assertThat(subscriptions.all().version()).isEqualTo(versions.getLast());
    }

    /** Else one that was made a moment ago would be asked of events that were read without it. */
    @Test
    void theSettledVersionWaitsForAChangeUnderWay() throws Exception {
        long before = subscriptions.version();
        CountDownLatch changed = new CountDownLatch(1);
        CountDownLatch commit = new CountDownLatch(1);
        try (var threads = Executors.newFixedThreadPool(2)) {
            Future<?> change = threads.submit(() -> database.database.jdbi().inTransaction(db -> {
                db.execute("UPDATE subscription_version SET version = version + 1");
                changed.countDown();
                return commit.await(10, TimeUnit.SECONDS);
            }));
            assertThat(changed.await(10, TimeUnit.SECONDS)).isTrue();
            Future<Long> settled = threads.submit(subscriptions::settledVersion);

            assertThat(subscriptions.version()).isEqualTo(before);
            await().until(this::someoneWaits);
            assertThat(settled.isDone()).isFalse();
            commit.countDown();

            change.get();
            assertThat(settled.get()).isEqualTo(before + 1);
        }
    }

    private boolean someoneWaits() {
        return database.database
                .jdbi()
                .withHandle(db -> db.createQuery("SELECT count(*) > 0 FROM pg_stat_activity"
                                + " WHERE datname = current_database() AND wait_event_type = 'Lock'")
                        .mapTo(Boolean.class)
                        .one());
    }

    /** Or events of the new type that came before the change would arrive, if the fan-out was behind, and else not. */
    @Test
    void oneOfOtherEventsOrAnotherFilterCountsFromTheChange() {
        Subscription made = create("default");
        moveHead(7);
        Subscription renamed = subscriptions
                .change(made, SETTINGS.with(Signing.with("another secret")))
                .orElseThrow();
        assertThat(renamed.fromPosition()).isZero();

        Subscription others = subscriptions
                .change(renamed, SubscriptionSettings.of(made.url(), List.of("order.*"), Signing.with(SECRET)))
                .orElseThrow();
        assertThat(others.fromPosition()).isEqualTo(7);

        moveHead(9);
        Subscription again = subscriptions.change(others, everySetting()).orElseThrow();
        assertThat(again.fromPosition()).isEqualTo(9);
        assertThat(again.formerly())
                .containsExactly(
                        new Subscription.Formerly(0, 7, List.of(EVENT), null),
                        new Subscription.Formerly(7, 9, List.of("order.*"), null));
    }

    @Test
    void whatCountedBeforeAChangeIsForgottenOnceTheFanOutIsPastIt() {
        Subscription made = create("default");
        moveHead(7);
        Subscription changed = subscriptions.change(made, everySetting()).orElseThrow();
        database.database.jdbi().useHandle(db -> db.execute("UPDATE log_cursor SET position = 7"));

        moveHead(9);
        assertThat(subscriptions.change(changed, SETTINGS).orElseThrow().formerly())
                .extracting(Subscription.Formerly::upTo)
                .containsExactly(9L);
    }

    private long deliver(NewDelivery... deliveries) {
        DeliveryStore store = database.store;
        long node = store.join(Duration.ofMinutes(5), false);
        store.fanOut(node, store.own(node).orElseThrow(), 1_000, store.subscriptionsVersion(), List.of(deliveries));
        return node;
    }
}
