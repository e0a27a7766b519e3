package dev.hookline.bench;

import com.fasterxml.jackson.databind.JsonNode;
import dev.hookline.kernel.Json;
import dev.hookline.postgres.DatabaseAddress;
import dev.hookline.postgres.EmbeddedPostgres;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A hub in a process of its own, on a folder that goes with it. */
final class HubUnderTest implements AutoCloseable {
    private static final String READY = "Hookline is ready at ";
    private static final String PASSWORD = "bench-password-1";

    private final Path data;
    private final Process process;
    private final String url;
    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final String authorization;

    private HubUnderTest(Path data, Process process, String url) throws IOException, InterruptedException {
        this.data = data;
        this.process = process;
        this.url = url;
        String login =
                Json.object().put("username", "admin").put("password", PASSWORD).toString();
        HttpRequest request = HttpRequest.newBuilder(URI.create(url + "/auth/login"))
                .POST(HttpRequest.BodyPublishers.ofString(login))
                .build();
        String answer = http.send(request, HttpResponse.BodyHandlers.ofString()).body();
        this.authorization = "Bearer " + Json.read(answer).path("access_token").asText();
    }

    /** Starts the hub that lies beside this module, as {@code ./hookline up} does. */
    static HubUnderTest start() throws IOException, InterruptedException {
        Path data = Files.createTempDirectory("hookline-bench");
        Path bench = Path.of(HubUnderTest.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .getPath());
        Path jar = bench.resolveSibling("../../hub/target/hookline.jar").normalize();
        ProcessBuilder builder = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-XX:+UseSerialGC",
                "-Xmx512m",
                "-jar",
                jar.toString(),
                "up");
        builder.environment()
                .putAll(Map.of(
                        "PORT", "0",
                        "HOOKLINE_DATA", data.toString(),
                        "HOOKLINE_ADMIN_PASSWORD", PASSWORD,
                        "HOOKLINE_DELIVERY_ALLOW", "127.0.0.0/8",
                        "RATE_LIMIT_ENABLED", "false",
                        "LOG_LEVEL", "WARN"));
        Process process = builder.redirectErrorStream(true).start();
        BufferedReader output = process.inputReader(StandardCharsets.UTF_8);
        String line;
        while ((line = output.readLine()) != null) {
            int at = line.indexOf(READY);
            if (at >= 0) {
                Thread.ofVirtual().start(() -> output.lines().forEach(later -> System.out.println("hub: " + later)));
                return new HubUnderTest(
                        data, process, line.substring(at + READY.length()).replaceAll(" .*", ""));
            }
        }
        throw new IOException("The hub ended before it was ready");
    }

    JsonNode post(String path, JsonNode body) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create(url + path))
                .header("Authorization", authorization)
                .timeout(Duration.ofSeconds(60))
                .POST(HttpRequest.BodyPublishers.ofString(body.toString()))
                .build();
        HttpResponse<String> answer = http.send(request, HttpResponse.BodyHandlers.ofString());
        if (answer.statusCode() >= 300) {
            throw new IOException(path + " was answered " + answer.statusCode() + ": " + answer.body());
        }
        return Json.read(answer.body());
    }

    /** The value of one line of {@code /metrics}; 0 when there is none. */
    double metric(String name) throws IOException, InterruptedException {
        HttpRequest request =
                HttpRequest.newBuilder(URI.create(url + "/metrics")).build();
        return http.send(request, HttpResponse.BodyHandlers.ofString())
                .body()
                .lines()
                .filter(line -> line.startsWith(name + " "))
                .mapToDouble(line -> Double.parseDouble(line.substring(name.length() + 1)))
                .findFirst()
                .orElse(0);
    }

    DatabaseAddress database() {
        return EmbeddedPostgres.running(data).orElseThrow();
    }

    @Override
    public void close() throws IOException {
        process.destroy();
        try {
            process.waitFor(60, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        try (Stream<Path> files = Files.walk(data)) {
            List<Path> deepestFirst = files.sorted(Comparator.reverseOrder()).toList();
            for (Path file : deepestFirst) {
                Files.deleteIfExists(file);
            }
        }
    }
}
