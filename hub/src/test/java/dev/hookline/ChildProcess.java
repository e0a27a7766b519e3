package dev.hookline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;

/** A program that a test runs to its end. */
public record ChildProcess(int exitCode, String output) {
    private static final long SECONDS_MAX = 120;

    /** Runs it in a folder; its output is both of its streams. */
    public static ChildProcess run(Path folder, Map<String, String> environment, List<String> command) {
        try {
            ProcessBuilder builder =
                    new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true);
            builder.environment().putAll(environment);
            Process process = builder.start();
            process.getOutputStream().close();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (!process.waitFor(SECONDS_MAX, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new IllegalStateException(command + " does not end:\n" + output);
            }
            return new ChildProcess(process.exitValue(), output);
        } catch (IOException e) {
            return new ChildProcess(127, String.valueOf(e.getMessage()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    public static ChildProcess run(Path folder, String... command) {
        return run(folder, Map.of(), List.of(command));
    }

    /** Whether a program is there and does this. */
    public static boolean works(String... command) {
        return run(Path.of("."), command).exitCode() == 0;
    }

    /**
     * Skips the test where a program it needs is missing; fails it where {@code CI} is true, for there all are installed.
     *
     * @param missing what to say
     */
    public static void require(boolean there, String missing) {
        if ("true".equals(System.getenv("CI"))) {
            assertThat(there).as(missing).isTrue();
        }
        assumeTrue(there, missing);
    }

    /** A text among the tests' resources. */
    public static String resource(String name) {
        try (InputStream in = ChildProcess.class.getResourceAsStream("/" + name)) {
            return new String(Objects.requireNonNull(in, name).readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }
}
