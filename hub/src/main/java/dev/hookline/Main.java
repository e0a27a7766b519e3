package dev.hookline;

import dev.hookline.access.PostgresAccess;
import dev.hookline.access.Passwords;
import dev.hookline.kernel.Ids;
import dev.hookline.postgres.Database;
import dev.hookline.postgres.DatabaseAddress;
import dev.hookline.postgres.DatabaseStartException;
import dev.hookline.postgres.EmbeddedPostgres;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The command line: {@code up}, {@code reset-password}, {@code version}. */
@Command(
        name = "hookline",
        description = "The hub between an ERP and everything around it.",
        mixinStandardHelpOptions = true,
        subcommands = {Main.Up.class, Main.ResetPassword.class, Main.Version.class},
        synopsisSubcommandLabel = "COMMAND")
public final class Main {
    private static final int FAILED = 1;

    private Main() {}

    public static void main(String[] args) {
        CommandLine line = new CommandLine(new Main());
        line.setExecutionExceptionHandler((failure, _, _) -> fail(failure));
        int code = line.execute(args.length == 0 ? new String[] {"--help"} : args);
        if (code != 0) {
            System.exit(code);
        }
    }
}
