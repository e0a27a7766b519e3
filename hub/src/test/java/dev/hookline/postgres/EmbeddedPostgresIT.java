package dev.hookline.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbeddedPostgresIT {
    private static final Duration WITHIN = Duration.ofSeconds(30);

    @TempDir
    Path home;

    @Test
    void dataIsThereAfterAStopAndAStartOnTheSamePort() {
        DatabaseAddress before;
        try (EmbeddedPostgres postgres = start()) {
            before = postgres.address();
            Sql.execute(before, "CREATE TABLE kept AS SELECT 42 AS n");
        }

        try (EmbeddedPostgres postgres = start()) {
            assertThat(postgres.address()).isEqualTo(before);
            assertThat(Sql.number(before, "SELECT n FROM kept")).isEqualTo(42);
        }
    }

    @Test
    void aServerThatIsKilledComesBackOnItsPortWithWhatWasCommitted() throws IOException {
        try (EmbeddedPostgres postgres = start()) {
            DatabaseAddress address = postgres.address();
            Sql.execute(address, "CREATE TABLE kept AS SELECT 42 AS n");
            PostmasterFile killed = postmaster();
            kill(killed);

            await().atMost(WITHIN).ignoreExceptions().until(() -> Sql.number(address, "SELECT n FROM kept") == 42);
            assertThat(postmaster().pid()).isNotEqualTo(killed.pid());
            assertThat(postmaster().port()).isEqualTo(killed.port());
        }
    }

    @Test
    void aServerThatIsKilledTwiceComesBackTwice() throws IOException {
        try (EmbeddedPostgres postgres = start()) {
            for (int time = 0; time < 2; time++) {
                long pid = postmaster().pid();
                kill(postmaster());
                await().atMost(WITHIN)
                        .until(() -> postmaster().pid() != pid && postmaster().ready());
            }
            assertThat(Sql.number(postgres.address(), "SELECT 1")).isEqualTo(1);
        }
    }

    @Test
    void closeEndsTheServerEvenWhileItIsBroughtUpAgain() throws IOException {
        PostmasterFile killed;
        try (EmbeddedPostgres postgres = start()) {
            killed = postmaster();
            kill(killed);
            await().until(() -> !killed.running() && postgres.address() != null);
        }

        assertThat(PostmasterFile.read(data()).filter(PostmasterFile::running)).isEmpty();
    }

    @Test
    void aSecondHubOnTheFolderIsRefusedAndToldWhoHoldsIt() throws IOException {
        try (EmbeddedPostgres postgres = start()) {
            String me = Long.toString(ProcessHandle.current().pid());

            assertThatExceptionOfType(DatabaseStartException.class)
                    .isThrownBy(this::start)
                    .withMessageContaining("process id " + me)
                    .withMessageContaining("HOOKLINE_DATA");
            assertThatExceptionOfType(DatabaseStartException.class)
                    .as("the refusal took nothing from the holder")
                    .isThrownBy(this::start);
            assertThat(Files.readString(home.resolve("hub.lock"))).isEqualTo(me + "\n");
            assertThat(Sql.number(postgres.address(), "SELECT 1")).isEqualTo(1);
        }
    }

    @Test
    void aHubInAnotherProcessIsRefusedToo() throws IOException, InterruptedException {
        try (EmbeddedPostgres postgres = start()) {
            Process other = OtherHub.launch(home);
            String said = new String(other.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

            assertThat(other.waitFor()).isEqualTo(1);
            assertThat(said)
                    .contains("in use by the hub with process id "
                            + ProcessHandle.current().pid());
            assertThat(Sql.number(postgres.address(), "SELECT 1")).isEqualTo(1);
        }
    }

    @Test
    void theServerOfAKilledHubIsTakenOver() throws IOException, InterruptedException {
        Process other = OtherHub.launch(home);
        OtherHub.awaitUp(other);
        PostmasterFile orphan = postmaster();
        other.destroyForcibly().waitFor();

        try (EmbeddedPostgres postgres = start()) {
            assertThat(postmaster().pid()).isEqualTo(orphan.pid());
            assertThat(Sql.number(postgres.address(), "SELECT 1")).isEqualTo(1);

            kill(orphan);

            await().atMost(WITHIN).ignoreExceptions().until(() -> Sql.number(postgres.address(), "SELECT 1") == 1);
        }
        assertThat(serverRuns()).isFalse();
    }

    @Test
    void theServerOfAKilledHubIsRestartedWhenItsSettingsAreOthers() throws IOException, InterruptedException {
        Process other = OtherHub.launch(home);
        OtherHub.awaitUp(other);
        PostmasterFile orphan = postmaster();
        other.destroyForcibly().waitFor();
        Files.writeString(data().resolve("hookline.conf"), "port = " + orphan.port() + "\n");

        try (EmbeddedPostgres postgres = start()) {
            assertThat(postmaster().pid()).isNotEqualTo(orphan.pid());
            assertThat(Files.readString(data().resolve("hookline.conf"))).contains("wal_init_zero = off");
            assertThat(Sql.number(postgres.address(), "SELECT 1")).isEqualTo(1);
        }
    }

    @Test
    void aHubKilledWhileItMakesItsDatabaseLeavesNothingThatIsTrusted() throws IOException, InterruptedException {
        Process other = OtherHub.launch(home);
        await().pollInterval(Duration.ofMillis(5)).until(() -> !unfinished().isEmpty());
        other.destroyForcibly().waitFor();
        assertThat(PostgresCluster.folder(home)).doesNotExist();

        try (EmbeddedPostgres postgres = start()) {
            assertThat(Sql.number(postgres.address(), "SELECT 1")).isEqualTo(1);
        }
        try (EmbeddedPostgres postgres = start()) {
            assertThat(postgres.address().user()).isEqualTo("hookline");
            assertThat(unfinished()).isEmpty();
        }
    }

    @Test
    void anInterruptedStartFreesTheFolder() throws InterruptedException {
        Thread starting = Thread.ofPlatform().start(() -> {
            try (EmbeddedPostgres postgres = start()) {
                postgres.address();
            } catch (DatabaseStartException expected) {
                assertThat(expected).hasMessageContaining("interrupted");
            }
        });
        await().pollInterval(Duration.ofMillis(5)).until(() -> !unfinished().isEmpty());
        starting.interrupt();
        starting.join();

        try (EmbeddedPostgres postgres = start()) {
            assertThat(Sql.number(postgres.address(), "SELECT 1")).isEqualTo(1);
        }
    }

    @Test
    void anotherPortIsTakenWhenTheLastOneIsNotFree() throws IOException {
        int last;
        try (EmbeddedPostgres postgres = start()) {
            last = URI.create(postgres.address().jdbcUrl().substring("jdbc:".length()))
                    .getPort();
        }

        try (ServerSocket occupied = new ServerSocket(last, 1, InetAddress.ofLiteral("127.0.0.1"));
                EmbeddedPostgres postgres = start()) {
            assertThat(postmaster().port()).isNotEqualTo(occupied.getLocalPort());
            assertThat(Sql.number(postgres.address(), "SELECT 1")).isEqualTo(1);
        }
    }

    @Test
    void aForeignProcessUnderTheServersOldIdIsNotTakenForIt() throws IOException {
        start().close();
        long me = ProcessHandle.current().pid();
        Files.writeString(data().resolve("postmaster.pid"), me + "\n" + data() + "\n1\n1\n\n\n\nready\n");

        assertThat(PostmasterFile.read(data()).orElseThrow().running()).isFalse();
    }

    @Test
    void aServerThatCannotStartSaysWhy() throws IOException {
        start().close();
        Files.delete(data().resolve("global/pg_control"));

        assertThatExceptionOfType(DatabaseStartException.class)
                .isThrownBy(this::start)
                .withMessageContaining("pg_control")
                .withMessageContaining("server.log");
        assertThat(serverRuns()).isFalse();
    }

    @Test
    void onlyTheOwnerMayReadWhatIsSecret() throws IOException {
        try (EmbeddedPostgres postgres = start()) {
            assertThat(mode(PostgresCluster.folder(home))).isEqualTo("rwx------");
            assertThat(mode(PostgresCluster.folder(home).resolve("password"))).isEqualTo("rw-------");
            assertThat(mode(data())).isEqualTo("rwx------");
            assertThat(mode(home.resolve("hub.lock"))).isEqualTo("rw-------");
            assertThat(PostgresCluster.folder(home).resolve("initdb-password")).doesNotExist();
            assertThat(postgres.address().password()).hasSize(32);
        }
    }

    @Test
    void everybodyNeedsThePassword() {
        try (EmbeddedPostgres postgres = start()) {
            DatabaseAddress guessed = new DatabaseAddress(postgres.address().jdbcUrl(), "hookline", "guess");

            assertThatExceptionOfType(IllegalStateException.class)
                    .isThrownBy(() -> Sql.execute(guessed, "SELECT 1"))
                    .withStackTraceContaining("password authentication failed");
        }
    }

    @Test
    void underRootItRunsAsAnOrdinaryUserWhereNamespacesAreForbidden() throws IOException {
        assumeThat(Unprivileged.isRoot()).isTrue();
        try (EmbeddedPostgres postgres =
                EmbeddedPostgres.start(home, TestDatabase.binariesCache(), folder -> Unprivileged.asUser("nobody"))) {
            Sql.execute(postgres.address(), "CREATE TABLE kept AS SELECT 42 AS n");
            assertThat(postmaster().process().orElseThrow().info().user()).hasValue("nobody");
        }
        try (EmbeddedPostgres postgres = start()) {
            assertThat(postmaster().process().orElseThrow().info().user())
                    .as("the owner of the data decides")
                    .hasValue("nobody");
            assertThat(Sql.number(postgres.address(), "SELECT n FROM kept")).isEqualTo(42);
        }
    }

    private EmbeddedPostgres start() {
        return EmbeddedPostgres.start(home, TestDatabase.binariesCache());
    }

    private Path data() throws IOException {
        return PostgresCluster.folder(home.toRealPath()).resolve("data");
    }

    private PostmasterFile postmaster() throws IOException {
        return PostmasterFile.read(data()).orElseThrow();
    }

    private boolean serverRuns() throws IOException {
        return PostmasterFile.read(data()).map(PostmasterFile::running).orElse(false);
    }

    private static void kill(PostmasterFile server) {
        assertThat(server.process().orElseThrow().destroyForcibly()).isTrue();
    }

    private List<Path> unfinished() {
        try (Stream<Path> files = Files.list(home)) {
            return files.filter(file -> file.getFileName().toString().startsWith(".postgres-unfinished-"))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String mode(Path file) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
    }
}
