package dev.hookline.catalogue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hookline.access.PostgresAccess;
import dev.hookline.kernel.Json;
import dev.hookline.kernel.Time;
import dev.hookline.postgres.Database;
import dev.hookline.postgres.TestDatabase;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The catalogue of two nodes over one database. */
class CatalogueIT {
    private static final String NAME = "shipment.delivered";

    /** Stands still until it is moved. */
    private static final class StandingTime implements Time {
        private long nanos;

        @Override
        public Instant now() {
            return Instant.EPOCH.plusNanos(nanos);
        }

        @Override
        public long nanos() {
            return nanos;
        }

        @Override
        public void sleep(Duration duration) {
            nanos += duration.toNanos();
        }
    }

    private final StandingTime time = new StandingTime();
    private Database database;
    private PostgresCatalogue store;
    private Catalogue here;
    private Catalogue there;

    @BeforeEach
    void open() {
        database = TestDatabase.fresh();
        PostgresAccess access = new PostgresAccess(database.jdbi());
        access.makeTenant("one", "One");
        access.makeTenant("two", "Two");
        store = new PostgresCatalogue(database.jdbi());
        here = new Catalogue(store, time);
        there = new Catalogue(store, time);
    }

    @AfterEach
    void close() {
        database.close();
    }

    private void make() {
        store.<RuntimeException>edit(
                "one",
                NAME,
                (current, others) ->
                        new EventType(NAME, "Delivered", Json.object().put("type", "object"), null, null, null));
        here.changed("one");
    }

    @Test
    void changeCountsAtOnceHereAndSoonOnAnotherNode() {
        assertThat(there.of("one").find(NAME)).isNull();

        make();

        assertThat(here.of("one").find(NAME).builtIn()).isFalse();
        assertThat(there.of("one").find(NAME)).isNull();
        time.sleep(Duration.ofSeconds(5));
        assertThat(there.of("one").find(NAME)).isNotNull();
    }

    @Test
    void typesBelongToTheirTenant() {
        make();

        assertThat(here.of("two").find(NAME)).isNull();
        assertThat(store.delete("two", NAME)).isFalse();
        assertThat(store.delete("one", NAME)).isTrue();
    }

    @Test
    void settingBelongsToItsTenant() {
        store.setValidation("one", Validation.REFUSE);

        assertThat(here.of("one").validation()).isEqualTo(Validation.REFUSE);
        assertThat(here.of("two").validation()).isEqualTo(Validation.WARN);
    }

    @Test
    void whatIsKnownStillCountsWhileTheDatabaseIsAway() {
        make();
        assertThat(here.of("one").find(NAME)).isNotNull();

        database.close();
        time.sleep(Duration.ofSeconds(5));

        assertThat(here.of("one").find(NAME)).isNotNull();
    }

    @Test
    void unchangedCatalogueIsNotReadAnew() {
        TenantCatalogue known = here.of("one");

        time.sleep(Duration.ofSeconds(5));

        assertThat(here.of("one")).isSameAs(known);
    }
}
