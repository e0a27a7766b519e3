package dev.hookline;

import dev.hookline.access.Passwords;
import dev.hookline.access.PostgresAccess;
import dev.hookline.kernel.Ids;
import dev.hookline.postgres.Database;
import dev.hookline.postgres.DatabaseAddress;
import dev.hookline.postgres.DatabaseStartException;
import dev.hookline.postgres.EmbeddedPostgres;
import java.io.IOException;
import java.net.BindException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.SQLException;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** The command line. */
@Command(
        name = "hookline",
        description = "The hub between an ERP and everything around it.",
        mixinStandardHelpOptions = true,
        versionProvider = Main.class,
        subcommands = {Main.Up.class, Main.Sql.class, Main.ResetPassword.class},
        synopsisSubcommandLabel = "COMMAND")
public final class Main implements CommandLine.IVersionProvider {
    private static final int FAILED = 1;

    @Override
    public String[] getVersion() {
        return new String[] {"hookline " + Hub.version()};
    }

    public static void main(String[] args) {
        CommandLine line = new CommandLine(new Main());
        line.setExecutionExceptionHandler((failure, _, _) -> explain(failure));
        int code = line.execute(args.length == 0 ? new String[] {"--help"} : args);
        if (code != 0) {
            System.exit(code);
        }
    }

    /** What people can mend is said in a sentence; what they cannot, with its stack. */
    private static int explain(Exception failure) {
        boolean known = failure instanceof Settings.Invalid
                || failure instanceof DatabaseStartException
                || failure instanceof IllegalArgumentException
                || failure.getCause() instanceof BindException;
        if (known) {
            System.err.println("hookline: " + failure.getMessage());
        } else {
            LoggerFactory.getLogger(Main.class).error("The command failed", failure);
        }
        return FAILED;
    }

    /** Runs the hub until it is told to stop. */
    @Command(
            name = "up",
            mixinStandardHelpOptions = true,
            description = "Start the hub, and its own PostgreSQL where DATABASE_URL is not set.")
    static final class Up implements Callable<Integer> {
        @Override
        public Integer call() throws Exception {
            Settings settings = Settings.from(System.getenv());
            logTo(settings);
            Hub hub = Hub.start(settings);
            CompletableFuture<Integer> ended = hub.failure().thenApply(_ -> FAILED);
            Runtime.getRuntime()
                    .addShutdownHook(new Thread(
                            () -> {
                                hub.close();
                                ended.complete(0);
                            },
                            "shutdown"));
            System.out.println(Welcome.text(settings, hub.ports(), hub.firstPassword()));
            return ended.get();
        }

        private static void logTo(Settings settings) throws IOException {
            if (!Files.exists(settings.data())) {
                Files.createDirectories(settings.data().getParent());
                Files.createDirectory(
                        settings.data(),
                        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            }
            Path file = settings.data().resolve("logs").resolve("app.log");
            System.setProperty("logback.configurationFile", "logback-hub.xml");
            System.setProperty(
                    "hookline.log.file", Settings.Variable.LOG_FILE_PATH.in(System.getenv(), file.toString()));
            System.setProperty("hookline.log.level", Settings.Variable.LOG_LEVEL.in(System.getenv(), "INFO"));
        }
    }

    /** Runs one statement and prints its rows. */
    @Command(
            name = "sql",
            mixinStandardHelpOptions = true,
            description = "Run SQL on the hub's database, whether the hub is running or not: "
                    + "./hookline sql \"SELECT * FROM bookings\"")
    static final class Sql implements Callable<Integer> {
        @Parameters(paramLabel = "STATEMENT", description = "one SQL statement")
        private String statement = "";

        @Override
        public Integer call() throws Exception {
            try (OpenDatabase open = OpenDatabase.of(Settings.from(System.getenv()))) {
                System.out.print(SqlTable.run(open.database().pool(), statement));
                return 0;
            } catch (SQLException e) {
                System.err.println("hookline: " + e.getMessage());
                return FAILED;
            }
        }
    }

    /** Gives a user a new password, for whoever may read the data folder. */
    @Command(
            name = "reset-password",
            mixinStandardHelpOptions = true,
            description = "Give a user a new random password and print it.")
    static final class ResetPassword implements Callable<Integer> {
        @Parameters(paramLabel = "USER", description = "the user's name, admin by default", arity = "0..1")
        private String username = Hub.ADMIN;

        @Override
        public Integer call() {
            String password = Ids.secretText(12);
            try (OpenDatabase open = OpenDatabase.of(Settings.from(System.getenv()))) {
                PostgresAccess store = new PostgresAccess(open.database().jdbi());
                if (!store.changePassword(username, new Passwords().hash(password))) {
                    System.err.println("hookline: there is no user '" + username + "'");
                    return FAILED;
                }
            }
            System.out.println("The password of " + username + " is now: " + password);
            return 0;
        }
    }

    /** The hub's database for one command: the one that runs, or one started for it. */
    private record OpenDatabase(Database database, @Nullable EmbeddedPostgres started) implements AutoCloseable {
        static OpenDatabase of(Settings settings) {
            String url = settings.databaseUrl();
            if (url != null) {
                return new OpenDatabase(new Database(DatabaseAddress.parse(url), 1), null);
            }
            Optional<DatabaseAddress> running = EmbeddedPostgres.running(settings.data());
            if (running.isPresent()) {
                return new OpenDatabase(new Database(running.get(), 1), null);
            }
            EmbeddedPostgres started = EmbeddedPostgres.start(settings.data(), Hub.binaries(settings));
            return new OpenDatabase(new Database(started.address(), 1), started);
        }

        @Override
        public void close() {
            database.close();
            if (started != null) {
                started.close();
            }
        }
    }
}
