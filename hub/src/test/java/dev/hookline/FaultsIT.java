package dev.hookline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.hookline.kernel.Time;
import dev.hookline.postgres.Database;
import dev.hookline.postgres.DatabaseAddress;
import dev.hookline.postgres.EmbeddedPostgres;
import dev.hookline.postgres.TestDatabase;
import java.io.IOException;
import java.io.OutputStream;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postgresql.jdbc.PgConnection;

/** What the hub needs is taken away under load, and comes back: everybody is answered, and nothing is lost. */
class FaultsIT {
    private static final Duration AWAY = Duration.ofSeconds(30);
    private static final Duration SOON = Duration.ofSeconds(60);
    private static final int POSTERS = 16;
    private static final String DIED = "died; starting it again";

    @TempDir
    Path folder;

    private final Accounts accounts = new Accounts();
    private final AtomicInteger probes = new AtomicInteger();

    private static HubProcess hubOn(DatabaseAddress database, Path data) {
        String url = database.jdbcUrl()
                .replace("jdbc:postgresql://", "postgresql://" + database.user() + ":" + database.password() + "@");
        return HubProcess.start(data, Map.of("DATABASE_URL", url, "HOOKLINE_DELIVERY_ALLOW", "127.0.0.0/8"));
    }

    private static void passes(Duration duration) throws InterruptedException {
        Time.system().sleep(duration);
    }

    private void awaitAcknowledged(int more) {
        int enough = accounts.acknowledged() + more;
        await().atMost(SOON).until(() -> accounts.acknowledged() >= enough);
    }

    private void assertEveryRefusalSaysWhenToTryAgain() {
        assertThat(accounts.refused()).allSatisfy(answer -> {
            assertThat(answer.statusCode()).isEqualTo(503);
            assertThat(answer.headers().firstValue("Retry-After")).isPresent();
        });
    }

    /** After the fault: answers again, takes all of a burst, has everything, and delivers everything. */
    private void assertRecovered(HubProcess hub, Accounts.Load load, DatabaseAddress database, Receiver receiver) {
        await().atMost(SOON).until(() -> accounts.acknowledges(hub, "PROBE-" + probes.incrementAndGet()));
        load.stop();
        assertEveryRefusalSaysWhenToTryAgain();
        assertThat(accounts.cut()).isEmpty();
        int refused = accounts.refused().size();
        accounts.burst(hub, "AFTER-", 200).join();
        assertThat(accounts.refused()).hasSize(refused);

        accounts.assertNothingLost(database);
        await().atMost(SOON).untilAsserted(() -> assertThat(delivered(receiver)).containsAll(accounts.bookings()));
        System.out.printf(
                "%d acknowledged, %d refused, longest answer %d ms%n",
                accounts.acknowledged(), refused, accounts.longestAnswer().toMillis());
    }

    private static void together(Runnable... checks) {
        CompletableFuture.allOf(Stream.of(checks)
                        .map(check -> CompletableFuture.runAsync(
                                check, task -> Thread.ofVirtual().start(task)))
                        .toArray(CompletableFuture[]::new))
                .join();
    }

    /** Answered 200 in any case. */
    private static void assertHealthOfDatabase(HubProcess hub, String database) {
        HttpResponse<String> answer = hub.get("/health/db");
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(HubProcess.json(answer).path("database").textValue()).isEqualTo(database);
        assertThat(HubProcess.json(answer).has("error")).isEqualTo(database.equals("disconnected"));
    }

    /** Answered 200 in any case. */
    private static void assertHealthOfOdoo(HubProcess hub, String status) {
        HttpResponse<String> answer = hub.get("/api/v1/odoo-sync/health");
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(HubProcess.json(answer).path("status").textValue()).isEqualTo(status);
        assertThat(HubProcess.json(answer).path("odoo_connected").booleanValue())
                .isEqualTo(status.equals("healthy"));
    }

    /** As the API for Odoo answers: 200, and whether it worked. */
    private static JsonNode pull(HubProcess hub, String token) {
        HttpResponse<String> answer =
                hub.post("/api/v1/odoo-sync/pull", "{\"limit\":1}", "Authorization", "Bearer " + token);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        assertThat(HubProcess.json(answer).fieldNames())
                .toIterable()
                .contains("events", "last_id", "has_more", "count", "timestamp");
        return HubProcess.json(answer);
    }

    private static Set<String> delivered(Receiver receiver) {
        return receiver.received().stream()
                .map(got -> got.json().path("resource_id").asText())
                .collect(Collectors.toSet());
    }

    @Test
    void aServerWithoutAFreeConnectionIsAnsweredWith503UntilThereIsOne() throws Exception {
        DatabaseAddress database = TestDatabase.freshAddress();
        try (Receiver receiver = Receiver.answering(200);
                HubProcess hub = hubOn(database, folder)) {
            new Subscriber(hub).subscribe(receiver.url("/"), "booking.created");
            Accounts.Load load = accounts.load(hub, "BK-", POSTERS);
            awaitAcknowledged(100);
            String token = hub.token();

            try (AllConnections _ = new AllConnections(database)) {
                await().atMost(SOON).until(() -> accounts.refused().size() > 10);
                passes(Duration.ofSeconds(15));
                // Each waits for a connection: at once, so that the outage is no longer for it.
                together(
                        () -> assertThat(hub.get("/health").statusCode()).isEqualTo(503),
                        () -> assertHealthOfDatabase(hub, "disconnected"),
                        () -> assertHealthOfOdoo(hub, "unhealthy"),
                        () -> assertThat(pull(hub, token).path("success").booleanValue())
                                .isFalse());
            }

            assertRecovered(hub, load, database, receiver);
            assertHealthOfDatabase(hub, "connected");
            assertHealthOfOdoo(hub, "healthy");
            assertThat(pull(hub, token).path("success").booleanValue()).isTrue();
            assertThat(accounts.longestAnswer()).isLessThan(Duration.ofSeconds(40));
        }
    }

    /** Every connection that a server gives, those of a hub on the database included. */
    private static final class AllConnections implements AutoCloseable {
        private final List<Connection> taken = new ArrayList<>();

        AllConnections(DatabaseAddress address) throws SQLException {
            try (Database database = new Database(address, 1)) {
                Connection first = database.direct().getConnection();
                taken.add(first);
                // The place of a connection just ended is free a moment later: that of none may be left to the hub.
                while (taken.size() < places(first)) {
                    takeWhatIsFree(database);
                    terminateAllBut(first);
                }
            }
        }

        /** How many connections the server gives to this database: all but those on others. */
        private static int places(Connection first) throws SQLException {
            try (Statement statement = first.createStatement();
                    ResultSet row = statement.executeQuery("""
                            SELECT current_setting('max_connections')::int - count(*) FROM pg_stat_activity
                            WHERE backend_type = 'client backend' AND datname <> current_database()
                            """)) {
                row.next();
                return row.getInt(1);
            }
        }

        /** Ends the connections on this database that are not ours. */
        private void terminateAllBut(Connection first) throws SQLException {
            List<Integer> ours = new ArrayList<>();
            for (Connection connection : taken) {
                ours.add(connection.unwrap(PgConnection.class).getBackendPID());
            }
            try (PreparedStatement statement =
                    first.prepareStatement("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                            + " WHERE datname = current_database() AND pid <> ALL (?)")) {
                statement.setArray(1, first.createArrayOf("int4", ours.toArray()));
                statement.executeQuery().close();
            }
        }

        private void takeWhatIsFree(Database database) {
            while (true) {
                try {
                    taken.add(database.direct().getConnection());
                } catch (SQLException none) {
                    assertThat(none.getSQLState()).isEqualTo("53300");
                    return;
                }
            }
        }

        @Override
        public void close() throws SQLException {
            for (Connection connection : taken) {
                connection.close();
            }
        }
    }

    @Test
    void aFullPoolRefusesWhoNeedsItAndHoldsNoWebhookBack() throws Exception {
        DatabaseAddress database = TestDatabase.freshAddress();
        try (Receiver receiver = Receiver.answering(200);
                HubProcess hub = hubOn(database, folder);
                Database outside = new Database(database, 1);
                Connection locking = outside.direct().getConnection()) {
            Subscriber tenant = new Subscriber(hub);
            tenant.subscribe(receiver.url("/"), "booking.created");
            Accounts.Load load = accounts.load(hub, "BK-", POSTERS);
            awaitAcknowledged(100);
            locking.setAutoCommit(false);
            try (Statement statement = locking.createStatement()) {
                statement.execute("LOCK TABLE subscription IN ACCESS EXCLUSIVE MODE");
            }

            List<CompletableFuture<Integer>> lists = IntStream.range(0, 40)
                    .mapToObj(_ -> CompletableFuture.supplyAsync(
                            () -> tenant.get(Subscriber.SUBSCRIPTIONS).statusCode(),
                            task -> Thread.ofVirtual().start(task)))
                    .toList();
            await().atMost(SOON).until(() -> hub.get("/health").statusCode() == 503);
            awaitAcknowledged(500);
            locking.rollback();

            assertThat(lists.stream().map(CompletableFuture::join)).containsOnly(200, 503);
            assertRecovered(hub, load, database, receiver);
            assertThat(accounts.refused()).isEmpty();
            assertThat(accounts.longestAnswer()).isLessThan(Duration.ofSeconds(10));
        }
    }

    @Test
    void aDatabaseThatIsGoneForThirtySecondsCostsDelayOnly() throws Exception {
        EmbeddedPostgres postgres = EmbeddedPostgres.start(folder.resolve("database"), TestDatabase.binariesCache());
        DatabaseAddress database = postgres.address();
        try (Receiver receiver = Receiver.answering(200);
                HubProcess hub = hubOn(database, folder.resolve("hub"))) {
            new Subscriber(hub).subscribe(receiver.url("/"), "booking.created");
            Accounts.Load load = accounts.load(hub, "BK-", POSTERS);
            awaitAcknowledged(100);

            postgres.close();
            passes(AWAY);
            postgres = EmbeddedPostgres.start(folder.resolve("database"), TestDatabase.binariesCache());

            assertThat(postgres.address()).isEqualTo(database);
            assertThat(accounts.refused()).isNotEmpty();
            assertRecovered(hub, load, database, receiver);
            assertThat(accounts.longestAnswer()).isLessThan(AWAY.plusSeconds(20));
        } finally {
            postgres.close();
        }
    }

    @Test
    void aDatabaseThatIsFrozenForThirtySecondsCostsDelayOnly() throws Exception {
        try (EmbeddedPostgres postgres =
                        EmbeddedPostgres.start(folder.resolve("database"), TestDatabase.binariesCache());
                Receiver receiver = Receiver.answering(200);
                HubProcess hub = hubOn(postgres.address(), folder.resolve("hub"))) {
            new Subscriber(hub).subscribe(receiver.url("/"), "booking.created");
            Accounts.Load load = accounts.load(hub, "BK-", POSTERS);
            awaitAcknowledged(100);

            try (Frozen _ = Frozen.freeze(HubProcess.postmaster(folder.resolve("database")))) {
                passes(AWAY);
            }

            assertRecovered(hub, load, postgres.address(), receiver);
            assertThat(accounts.longestAnswer()).isLessThan(AWAY.plusSeconds(20));
        }
    }

    @Test
    void aFullDiskRefusesUntilThereIsRoomAgain() throws Exception {
        Path disk = Files.createDirectory(folder.resolve("disk"));
        assumeThat(run("mount", "-t", "tmpfs", "-o", "size=192m,mode=700", "tmpfs", disk.toString()))
                .as("a small file system can be mounted here (it takes root)")
                .isZero();
        try (Receiver receiver = Receiver.answering(200);
                HubProcess hub =
                        HubProcess.start(disk.resolve("data"), Map.of("HOOKLINE_DELIVERY_ALLOW", "127.0.0.0/8"))) {
            new Subscriber(hub).subscribe(receiver.url("/"), "booking.created");
            Accounts.Load load = accounts.load(hub, "BK-", POSTERS);
            awaitAcknowledged(100);

            Path ballast = disk.resolve("ballast");
            fill(ballast);
            await().atMost(SOON).until(() -> !accounts.refused().isEmpty());
            passes(Duration.ofSeconds(20));
            assertThat(hub.process().isAlive()).isTrue();
            int starts = said(hub, "PostgreSQL does not start again");
            System.out.printf(
                    "full for 20 s: PostgreSQL died %d times, and %d starts failed%n", said(hub, DIED), starts);
            assertThat(starts).isLessThan(20);
            Files.delete(ballast);

            await().atMost(SOON)
                    .until(() -> EmbeddedPostgres.running(hub.data()).isPresent());
            assertRecovered(hub, load, EmbeddedPostgres.running(hub.data()).orElseThrow(), receiver);
            assertThat(accounts.longestAnswer()).isLessThan(Duration.ofSeconds(60));
        } finally {
            assertThat(run("umount", disk.toString())).isZero();
        }
    }

    private static int said(HubProcess hub, String words) {
        return hub.output().split(Pattern.quote(words), -1).length - 1;
    }

    /** Takes all the room that is left. */
    private static void fill(Path file) throws IOException {
        byte[] block = new byte[4 << 10];
        try (OutputStream out = Files.newOutputStream(file)) {
            while (true) {
                out.write(block);
            }
        } catch (IOException full) {
            assertThat(full).hasMessageContaining("No space left");
        }
    }

    private static int run(String... command) throws IOException, InterruptedException {
        return new ProcessBuilder(command).inheritIO().start().waitFor();
    }
}
