package dev.hookline;

import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.hookline.kernel.Json;
import dev.hookline.postgres.Database;
import dev.hookline.postgres.EmbeddedPostgres;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The hub as its users run it: a process of its own, over HTTP, on a data folder that outlives it. */
public final class HubProcess implements AutoCloseable {
    public static final String PASSWORD = "correct-horse-battery";
    private static final Pattern READY = Pattern.compile("Hookline is ready at (http://\\S+)");
    private static final Duration START_MAX = Duration.ofSeconds(60);

    private final Path data;
    private final Map<String, String> environment = new HashMap<>();
    private final List<String> output = new CopyOnWriteArrayList<>();
    private final HttpClient http = HttpClient.newHttpClient();
    private Process process;
    private String url = "";

    private HubProcess(Path data, Map<String, String> environment) {
        this.data = data;
        this.environment.put("HOST", "127.0.0.1");
        this.environment.put("PORT", "0");
        this.environment.put("HOOKLINE_DATA", data.toString());
        this.environment.put("HOOKLINE_ADMIN_PASSWORD", PASSWORD);
        // Most tests send more than a stranger may; those of the limits turn them on.
        this.environment.put("RATE_LIMIT_ENABLED", "false");
        this.environment.putAll(environment);
        this.process = launch();
    }

    /** Starts a hub and waits until it is ready. An empty value removes a variable. */
    public static HubProcess start(Path data, Map<String, String> environment) {
        HubProcess hub = new HubProcess(data, environment);
        hub.awaitReady();
        return hub;
    }

    /** Starts a hub that is expected to refuse, and waits for its end. */
    public static Refused startRefused(Path data, Map<String, String> environment) {
        HubProcess hub = new HubProcess(data, environment);
        return new Refused(hub.awaitEnd(), hub.output());
    }

    /** How a start ended that was refused. */
    public record Refused(int exitCode, String output) {}

    private static List<String> commandLine(String... arguments) {
        Path binaries = Path.of("target", "postgres-binaries").toAbsolutePath();
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-XX:+UseSerialGC",
                "-Xmx512m",
                "-XX:+ExitOnOutOfMemoryError",
                // Most live for seconds: what starts them is half of what the tests cost.
                "-XX:TieredStopAtLevel=1",
                "-XX:+AutoCreateSharedArchive",
                "-XX:SharedArchiveFile=" + classArchive().toAbsolutePath(),
                "-Dhookline.postgres.binaries=" + binaries,
                "-cp",
                classPath(),
                "dev.hookline.Main"));
        command.addAll(List.of(arguments));
        return command;
    }

    /** One for each JVM that runs tests: two of them must not write the same. */
    private static Path classArchive() {
        return Path.of("target", "hub-" + System.getProperty("hookline.test.fork", "1") + ".jsa");
    }

    /** The product's jars; a folder among them would keep the JVM from its archive of classes. */
    private static String classPath() {
        String all = System.getProperty("java.class.path");
        String jars = Arrays.stream(all.split(File.pathSeparator))
                .filter(entry -> Files.isRegularFile(Path.of(entry)))
                .collect(Collectors.joining(File.pathSeparator));
        return jars.contains("hookline.jar") ? jars : all;
    }

    /** Runs another command of the command line, on this hub's data. */
    public ChildProcess command(String... arguments) {
        return ChildProcess.run(Path.of("."), Map.of("HOOKLINE_DATA", data.toString()), commandLine(arguments));
    }

    /** An event as it is stored. */
    public JsonNode event(long position) {
        return Json.read(sql("SELECT row_to_json(event) FROM event WHERE position = " + position)
                .lines()
                .toList()
                .get(2));
    }

    /** How many events are stored. */
    public long events() {
        return Long.parseLong(
                sql("SELECT count(*) FROM event").lines().toList().get(2).strip());
    }

    /** What {@code ./hookline sql} prints, without a process of its own. */
    public String sql(String statement) {
        try (Database database = new Database(EmbeddedPostgres.running(data).orElseThrow(), 1)) {
            return SqlTable.run(database.pool(), statement);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private Process launch() {
        ProcessBuilder builder = new ProcessBuilder(commandLine("up")).redirectErrorStream(true);
        environment.forEach((name, value) -> {
            if (value.isEmpty()) {
                builder.environment().remove(name);
            } else {
                builder.environment().put(name, value);
            }
        });
        try {
            Process started = builder.start();
            Thread.ofVirtual().start(() -> follow(started));
            return started;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void follow(Process started) {
        try (BufferedReader lines = started.inputReader(StandardCharsets.UTF_8)) {
            lines.lines().forEach(output::add);
        } catch (IOException | UncheckedIOException e) {
            output.add("(output ended: " + e.getMessage() + ")");
        }
    }

    private void awaitReady() {
        await().atMost(START_MAX).pollInterval(Duration.ofMillis(20)).until(() -> {
            if (!process.isAlive()) {
                throw new IllegalStateException("The hub ended:\n" + output());
            }
            for (String line : output) {
                Matcher ready = READY.matcher(line);
                if (ready.find()) {
                    url = ready.group(1);
                    return true;
                }
            }
            return false;
        });
    }

    /** Waits until the process has ended by itself. */
    public int awaitEnd() {
        await().atMost(START_MAX).until(() -> !process.isAlive());
        return process.exitValue();
    }

    public String url() {
        return url;
    }

    public URI uri(String path) {
        return URI.create(url + path);
    }

    public Path data() {
        return data;
    }

    /** Everything it printed since the last start. */
    public String output() {
        return String.join("\n", output);
    }

    public ProcessHandle process() {
        return process.toHandle();
    }

    /** The postmaster of the embedded database. */
    public ProcessHandle postgres() {
        return postmaster(data);
    }

    /** The postmaster that runs on the folder of an embedded database. */
    public static ProcessHandle postmaster(Path home) {
        try {
            Path file = home.resolve("postgres").resolve("data").resolve("postmaster.pid");
            long pid = Long.parseLong(Files.readAllLines(file).getFirst().strip());
            return ProcessHandle.of(pid).orElseThrow();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** SIGKILL. */
    public void kill() {
        process.destroyForcibly();
        awaitEnd();
    }

    /** SIGTERM, and waits for a clean end. */
    public void stop() {
        process.destroy();
        awaitEnd();
    }

    /** Starts it again on the same folder, by default on another port. */
    public void restart() {
        if (process.isAlive()) {
            stop();
        }
        output.clear();
        process = launch();
        awaitReady();
    }

    public HttpResponse<String> send(HttpRequest.Builder request) {
        try {
            return http.send(
                    request.timeout(Duration.ofSeconds(30)).build(),
                    HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    public HttpResponse<String> get(String path, String... headers) {
        return send(with(HttpRequest.newBuilder(uri(path)), headers));
    }

    public HttpResponse<String> post(String path, String body, String... headers) {
        return send(with(
                HttpRequest.newBuilder(uri(path))
                        .header("Content-Type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString(body)),
                headers));
    }

    private static HttpRequest.Builder with(HttpRequest.Builder request, String... headers) {
        return headers.length == 0 ? request : request.headers(headers);
    }

    /** Signs in as {@code admin}. */
    public String token() {
        HttpResponse<String> answer = post(
                "/auth/login",
                Json.object().put("username", "admin").put("password", PASSWORD).toString());
        return json(answer).path("access_token").asText();
    }

    public static JsonNode json(HttpResponse<String> answer) {
        return Json.read(answer.body());
    }

    /** Stops the hub; a database that outlived a killed hub is stopped too. */
    @Override
    public void close() {
        if (process.isAlive()) {
            stop();
            return;
        }
        Path file = data.resolve("postgres").resolve("data").resolve("postmaster.pid");
        if (Files.exists(file)) {
            ProcessHandle left = postgres();
            left.destroy();
            await().atMost(START_MAX).until(() -> !left.isAlive());
        }
    }
}
