package dev.hookline.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A process that says on a line of its own when it is ready. It ends with this one, whatever ends this one but a SIGKILL. */
final class ChildProcess implements AutoCloseable {
    private static final long STOP_SECONDS_MAX = 60;

    private final Process process;
    private final String readyLine;
    private final Thread atExit;

    private ChildProcess(Process process, String readyLine) {
        this.process = process;
        this.readyLine = readyLine;
        this.atExit = new Thread(process::destroy);
        Runtime.getRuntime().addShutdownHook(atExit);
    }

    /**
     * Returns when the process has printed its line.
     *
     * @param ready how that line starts, after whatever blanks
     */
    static ChildProcess start(List<String> command, Map<String, String> environment, String ready) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().putAll(environment);
        Process process = builder.start();
        BufferedReader output = process.inputReader(StandardCharsets.UTF_8);
        List<String> before = new ArrayList<>();
        String line;
        while ((line = output.readLine()) != null) {
            if (line.strip().startsWith(ready)) {
                Thread.ofVirtual().start(() -> repeat(output));
                return new ChildProcess(process, line.strip().substring(ready.length()));
            }
            before.add(line);
        }
        throw new IOException("It ended before it was ready: " + command + "\n" + String.join("\n", before));
    }

    /** Shows what it says from then on, but for the welcome, which is indented. */
    private static void repeat(BufferedReader output) {
        try {
            output.lines()
                    .filter(line -> !line.isBlank() && !line.startsWith(" "))
                    .forEach(line -> System.out.println("  | " + line));
        } catch (UncheckedIOException e) {
            System.out.println("  | (stopped: " + e.getMessage() + ")");
        }
    }

    /** Starts another command of this program, with the options that {@code ./hookline} gives every JVM. */
    static ChildProcess ofBench(String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                java("java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-XX:+UseSerialGC",
                "-Xmx" + System.getenv().getOrDefault("HOOKLINE_HEAP", "512m"),
                "-XX:+ExitOnOutOfMemoryError"));
        String options = System.getenv().getOrDefault("HOOKLINE_JAVA_OPTS", "").strip();
        if (!options.isEmpty()) {
            command.addAll(List.of(options.split("\\s+")));
        }
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
        command.addAll(List.of(arguments));
        return start(command, Map.of("LOG_LEVEL", "WARN"), Serving.READY);
    }

    /** A program of the JDK that runs this. */
    static Path java(String program) {
        return Path.of(System.getProperty("java.home"), "bin", program);
    }

    /** What followed the words waited for. */
    String readyLine() {
        return readyLine;
    }

    ProcessHandle handle() {
        return process.toHandle();
    }

    /** Asks it to stop and waits until it has. */
    @Override
    public void close() throws IOException {
        process.destroy();
        try {
            if (!process.waitFor(STOP_SECONDS_MAX, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new IOException("It did not stop within " + STOP_SECONDS_MAX + " s");
            }
            Runtime.getRuntime().removeShutdownHook(atExit);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
