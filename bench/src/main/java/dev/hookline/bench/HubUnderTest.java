package dev.hookline.bench;

import com.fasterxml.jackson.databind.JsonNode;
import dev.hookline.kernel.Json;
import dev.hookline.postgres.DatabaseAddress;
import dev.hookline.postgres.EmbeddedPostgres;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** A hub in a process of its own, on a folder that goes with it. */
final class HubUnderTest implements AutoCloseable {
    private static final String READY = "Hookline is ready at ";
    static final String SUBSCRIPTIONS = "/api/v1/tenant/webhooks/subscriptions";
    static final String USER = "admin";
    static final String PASSWORD = "bench-password-1";

    private static final HttpClient HTTP =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private final Folder folder;
    private final ChildProcess process;
    private final String url;
    private final String authorization;

    private HubUnderTest(Folder folder, ChildProcess process) throws IOException, InterruptedException {
        this.folder = folder;
        this.process = process;
        this.url = url(process).toString();
        this.authorization = login(url);
    }

    /** Signs in; answers what {@code Authorization} has to say. */
    static String login(String url) throws IOException, InterruptedException {
        return login(url, USER);
    }

    private static String login(String url, String user) throws IOException, InterruptedException {
        String login =
                Json.object().put("username", user).put("password", PASSWORD).toString();
        HttpRequest request = HttpRequest.newBuilder(URI.create(url + "/auth/login"))
                .POST(HttpRequest.BodyPublishers.ofString(login))
                .build();
        String answer = HTTP.send(request, HttpResponse.BodyHandlers.ofString()).body();
        return "Bearer " + Json.read(answer).path("access_token").asText();
    }

    /** Starts the hub by {@code ./hookline up}. */
    static HubUnderTest start() throws IOException, InterruptedException {
        return start(Folder.make());
    }

    /** Starts it on a folder that may hold a database already. */
    static HubUnderTest start(Folder folder) throws IOException, InterruptedException {
        return new HubUnderTest(folder, up(folder.path()));
    }

    /**
     * As {@link #start(Folder)}.
     *
     * @param printed gets each line that the hub prints once it is ready
     */
    static HubUnderTest start(Folder folder, Consumer<String> printed) throws IOException, InterruptedException {
        return new HubUnderTest(folder, up(folder.path(), printed));
    }

    /**
     * As {@link #start(Folder, Consumer)}.
     *
     * @param settings that differ from those of every hub
     */
    static HubUnderTest start(Folder folder, Consumer<String> printed, Map<String, String> settings)
            throws IOException, InterruptedException {
        return new HubUnderTest(folder, up(folder.path(), printed, settings));
    }

    /** Runs {@code ./hookline up} on a folder, and returns when it is ready. */
    static ChildProcess up(Path data) throws IOException {
        return up(data, ChildProcess::print);
    }

    private static ChildProcess up(Path data, Consumer<String> printed) throws IOException {
        return up(data, printed, Map.of());
    }

    private static ChildProcess up(Path data, Consumer<String> printed, Map<String, String> settings)
            throws IOException {
        Path bench = Path.of(HubUnderTest.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .getPath());
        Path script = bench.resolveSibling("../../hookline").normalize();
        Map<String, String> environment = new HashMap<>(Map.of(
                "PORT",
                "0",
                "HOOKLINE_DATA",
                data.toString(),
                "HOOKLINE_ADMIN_PASSWORD",
                PASSWORD,
                "HOOKLINE_DELIVERY_ALLOW",
                "127.0.0.0/8",
                "ODOO_WEBHOOK_SECRET",
                BookingRequests.SECRET,
                "WEBHOOK_SECRET",
                BookingRequests.SECRET,
                "RATE_LIMIT_ENABLED",
                "false",
                "LOG_LEVEL",
                "WARN"));
        environment.putAll(settings);
        return ChildProcess.start(List.of(script.toString(), "up"), environment, READY, printed);
    }

    /** Where a hub says that it is. */
    static URI url(ChildProcess hub) {
        return URI.create(hub.readyLine().replaceAll(" .*", ""));
    }

    String url() {
        return url;
    }

    /** SIGKILL; its database lives on, until a hub starts on the folder again. */
    void kill() throws InterruptedException {
        process.kill();
    }

    int port() {
        return URI.create(url).getPort();
    }

    /** What {@code Authorization} has to say. */
    String authorization() {
        return authorization;
    }

    ProcessHandle handle() {
        return process.handle();
    }

    CpuShare cpu() throws IOException {
        return new CpuShare(process.handle(), folder.path());
    }

    /** Makes a subscription; answers its id. */
    long subscribe(String to, String event) throws IOException, InterruptedException {
        return post(SUBSCRIPTIONS, Json.object().put("url", to).put("event", event))
                .path("id")
                .asLong();
    }

    /** Makes a tenant; answers what {@code Authorization} has to say for its owner. */
    String ownerOf(String tenant) throws IOException, InterruptedException {
        String invitation = post(
                        "/api/v1/tenants",
                        Json.object().put("id", tenant).put("name", tenant).put("owner_email", tenant + "@example.com"))
                .path("invitation")
                .path("token")
                .asText();
        post(
                "/api/v1/invitations/accept",
                Json.object().put("token", invitation).put("username", tenant).put("password", PASSWORD));
        return login(url, tenant);
    }

    JsonNode post(String path, JsonNode body) throws IOException, InterruptedException {
        return post(path, body, authorization);
    }

    JsonNode post(String path, JsonNode body, String as) throws IOException, InterruptedException {
        return send("POST", path, body.toString(), as);
    }

    JsonNode get(String path) throws IOException, InterruptedException {
        return get(path, authorization);
    }

    JsonNode get(String path, String as) throws IOException, InterruptedException {
        return send("GET", path, "", as);
    }

    void change(String path, JsonNode body) throws IOException, InterruptedException {
        send("PATCH", path, body.toString(), authorization);
    }

    private JsonNode send(String method, String path, String body, String as) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create(url + path))
                .header("Authorization", as)
                .timeout(Duration.ofSeconds(60))
                .method(method, HttpRequest.BodyPublishers.ofString(body))
                .build();
        HttpResponse<String> answer = HTTP.send(request, HttpResponse.BodyHandlers.ofString());
        if (answer.statusCode() >= 300) {
            throw new IOException(path + " was answered " + answer.statusCode() + ": " + answer.body());
        }
        return Json.read(answer.body());
    }

    /** The value of one line of {@code /metrics}; 0 when there is none. */
    double metric(String name) throws IOException, InterruptedException {
        HttpRequest request =
                HttpRequest.newBuilder(URI.create(url + "/metrics")).build();
        return HTTP.send(request, HttpResponse.BodyHandlers.ofString())
                .body()
                .lines()
                .filter(line -> line.startsWith(name + " "))
                .mapToDouble(line -> Double.parseDouble(line.substring(name.length() + 1)))
                .findFirst()
                .orElse(0);
    }

    DatabaseAddress database() {
        return EmbeddedPostgres.running(folder.path()).orElseThrow();
    }

    @Override
    public void close() throws IOException {
        process.close();
        stopOrphan();
        folder.close();
    }

    /** The PostgreSQL that outlived a hub that was killed. */
    private void stopOrphan() throws IOException {
        Path file = folder.path().resolve("postgres").resolve("data").resolve("postmaster.pid");
        if (Files.exists(file)) {
            long pid = Long.parseLong(Files.readAllLines(file).getFirst().strip());
            ProcessHandle.of(pid)
                    .filter(ProcessHandle::destroy)
                    .ifPresent(orphan ->
                            orphan.onExit().orTimeout(60, TimeUnit.SECONDS).join());
        }
    }
}
