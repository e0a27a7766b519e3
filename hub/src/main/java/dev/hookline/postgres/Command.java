package dev.hookline.postgres;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Runs a short program to its end. It sees none of the hub's environment, where secrets may be, and none of the
 * PG… variables that would change what PostgreSQL's programs do.
 */
final class Command {
    private Command() {}

    /** What the program printed (both streams), and how it ended. */
    record Result(int exitCode, String output) {
        boolean ok() {
            return exitCode == 0;
        }
    }

    /** The output must be small: it is read when the program has ended. */
    static Result run(Duration timeout, List<String> command) throws IOException, InterruptedException {
        return run(timeout, command, "");
    }

    static Result run(Duration timeout, List<String> command, String input) throws IOException, InterruptedException {
        ProcessBuilder builder =
                new ProcessBuilder(command).directory(Path.of("/").toFile()).redirectErrorStream(true);
        Map<String, String> environment = builder.environment();
        String path = environment.getOrDefault("PATH", "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin");
        environment.clear();
        environment.put("PATH", path);
        environment.put("LC_ALL", "C");
        Process process = builder.start();
        try {
            writeInput(process, input);
            if (!process.waitFor(timeout.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new IOException(command.getFirst() + " did not end within " + timeout.toSeconds() + " s");
            }
            String output = new String(process.getInputStream().readAllBytes(), UTF_8);
            return new Result(process.exitValue(), output.strip());
        } finally {
            process.destroyForcibly();
        }
    }

    private static void writeInput(Process process, String input) throws IOException {
        try (OutputStream stdin = process.getOutputStream()) {
            if (!input.isEmpty()) {
                stdin.write(input.getBytes(UTF_8));
            }
        }
    }
}
