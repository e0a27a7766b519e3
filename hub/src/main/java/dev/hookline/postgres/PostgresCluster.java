package dev.hookline.postgres;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The files of one cluster. It is made beside its place and moved there when it is complete, so a kill in between leaves
 * nothing that a later start would trust.
 */
final class PostgresCluster {
    static final String ROLE = "hookline";
    static final String DATABASE = "hookline";

    private static final Logger log = LoggerFactory.getLogger(PostgresCluster.class);
    private static final String UNFINISHED = ".postgres-unfinished-";
    private static final String PASSWORD = "password";
    private static final String SETTINGS = "hookline.conf";
    private static final Pattern PORT = Pattern.compile("(?m)^port = ([0-9]{1,5})$");
    private static final Duration INITDB_MAX = Duration.ofMinutes(5);
    private static final int PASSWORD_BYTES = 24;
    private static final Base64.Encoder BASE64 = Base64.getUrlEncoder().withoutPadding();

    private static final String ACCESS = """
            # Written by the hub before each start.
            host all hookline 127.0.0.1/32 scram-sha-256
            """;

    private final Path folder;
    private final Path data;
    private final PostgresBinaries binaries;
    private final Unprivileged unprivileged;

    private PostgresCluster(Path folder, PostgresBinaries binaries, Unprivileged unprivileged) {
        this.folder = folder;
        this.data = folder.resolve("data");
        this.binaries = binaries;
        this.unprivileged = unprivileged;
    }

    /** Where the cluster of this home is, or will be. */
    static Path folder(Path home) {
        return home.resolve("postgres");
    }

    /** The caller holds the home's lock. */
    static PostgresCluster openOrCreate(Path home, PostgresBinaries binaries, Unprivileged unprivileged)
            throws IOException, InterruptedException {
        removeUnfinished(home);
        Path folder = folder(home);
        if (!Files.isDirectory(folder)) {
            log.info("Making a new database in {}", folder);
            Path unfinished = Files.createTempDirectory(home, UNFINISHED);
            new PostgresCluster(unfinished, binaries, unprivileged).create();
            Files.move(unfinished, folder, StandardCopyOption.ATOMIC_MOVE);
            Folders.force(home);
        }
        return new PostgresCluster(folder, binaries, unprivileged);
    }

    private static void removeUnfinished(Path home) throws IOException {
        List<Path> unfinished;
        try (Stream<Path> files = Files.list(home)) {
            unfinished = files.filter(file -> file.getFileName().toString().startsWith(UNFINISHED))
                    .toList();
        }
        for (Path leftover : unfinished) {
            try {
                Folders.deleteTree(leftover);
            } catch (IOException e) {
                // An initdb that outlived its hub may still be writing there; nothing depends on it.
                log.warn("Cannot remove {} now, the next start will try again: {}", leftover, e.toString());
            }
        }
    }

    private void create() throws IOException, InterruptedException {
        byte[] random = new byte[PASSWORD_BYTES];
        new SecureRandom().nextBytes(random);
        Path passwordForInitdb = folder.resolve("initdb-password");
        Folders.writePrivate(passwordForInitdb, BASE64.encodeToString(random));
        unprivileged.giveTree(folder);
        run(
                List.of(
                        binaries.program("initdb"),
                        "--pgdata=" + data,
                        "--username=" + ROLE,
                        "--auth=scram-sha-256",
                        "--pwfile=" + passwordForInitdb,
                        "--encoding=UTF8",
                        "--locale=C",
                        "--locale-provider=builtin",
                        "--builtin-locale=C.UTF-8"),
                "");
        Files.delete(passwordForInitdb);
        Folders.writePrivate(folder.resolve(PASSWORD), BASE64.encodeToString(random));
        Files.writeString(
                data.resolve("postgresql.conf"), "\ninclude '" + SETTINGS + "'\n", UTF_8, StandardOpenOption.APPEND);
        writeSettings(LoopbackPort.anyFree());
        run(
                List.of(binaries.program("postgres"), "--single", "-D", data.toString(), "postgres"),
                "CREATE DATABASE " + DATABASE + "\n");
    }

    private void run(List<String> command, String input) throws IOException, InterruptedException {
        Command.Result result = Command.run(INITDB_MAX, unprivileged.wrap(command), input);
        if (!result.ok()) {
            throw new DatabaseStartException("Cannot make a database in " + folder.getParent()
                    + ". Check that the disk has room and that the folder may be written, then start again."
                    + unprivileged.hint() + "\nPostgreSQL said:\n" + result.output());
        }
    }

    Path data() {
        return data;
    }

    ServerLog serverLog() {
        return new ServerLog(folder.resolve("server.log"));
    }

    /** Where the server is that runs on this home's cluster; empty when none does. */
    static Optional<DatabaseAddress> running(Path home) throws IOException {
        Path folder = folder(home);
        Optional<PostmasterFile> server = PostmasterFile.read(folder.resolve("data"))
                .filter(PostmasterFile::ready)
                .filter(PostmasterFile::running);
        return server.isPresent() ? Optional.of(address(folder, server.get().port())) : Optional.empty();
    }

    DatabaseAddress address(int port) throws IOException {
        return address(folder, port);
    }

    private static DatabaseAddress address(Path folder, int port) throws IOException {
        String password = Files.readString(folder.resolve(PASSWORD), UTF_8).strip();
        return new DatabaseAddress("jdbc:postgresql://127.0.0.1:" + port + "/" + DATABASE, ROLE, password);
    }

    /** The port of the last start. */
    OptionalInt lastPort() throws IOException {
        Matcher matcher = PORT.matcher(readIfPresent(data.resolve(SETTINGS)));
        return matcher.find() ? OptionalInt.of(Integer.parseInt(matcher.group(1))) : OptionalInt.empty();
    }

    /** Whether a server that runs on this port runs with the settings and programs we would start it with. */
    boolean settingsAre(int port) throws IOException {
        return readIfPresent(data.resolve(SETTINGS)).equals(settings(port))
                && readIfPresent(data.resolve("pg_hba.conf")).equals(ACCESS);
    }

    private static String readIfPresent(Path file) throws IOException {
        return Files.exists(file) ? Files.readString(file, UTF_8) : "";
    }

    /** The server must not be running: its settings are what the file says. */
    void writeSettings(int port) throws IOException {
        writeGiven(data.resolve(SETTINGS), settings(port));
        writeGiven(data.resolve("pg_hba.conf"), ACCESS);
    }

    private void writeGiven(Path file, String text) throws IOException {
        Folders.writePrivate(file, text);
        unprivileged.give(file);
    }

    private String settings(int port) {
        return """
                # Written by the hub before each start, for %s. Settings of your own belong into postgresql.conf,
                # below its last line.
                listen_addresses = '127.0.0.1'
                port = %d
                unix_socket_directories = ''
                max_connections = 60
                password_encryption = 'scram-sha-256'

                fsync = on
                full_page_writes = on
                synchronous_commit = on
                # A new segment costs a pause in which commits wait: reuse many, and do not fill new ones with zeros.
                wal_init_zero = off
                max_wal_size = '4GB'
                autovacuum_naptime = 5s

                shared_buffers = '128MB'
                jit = off
                timezone = 'UTC'

                logging_collector = off
                log_destination = 'stderr'
                log_timezone = 'UTC'
                log_min_messages = warning
                log_checkpoints = off
                lc_messages = 'C'
                """.formatted(binaries.id(), port);
    }
}
