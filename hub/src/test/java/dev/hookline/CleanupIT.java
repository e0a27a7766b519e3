package dev.hookline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hookline.access.Passwords;
import dev.hookline.access.PostgresAccess;
import dev.hookline.access.Role;
import dev.hookline.kernel.Json;
import dev.hookline.postgres.Database;
import dev.hookline.postgres.DatabaseAddress;
import dev.hookline.postgres.TestDatabase;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code DELETE /api/v1/webhooks/cleanup} on two hubs over one database. */
class CleanupIT {
    private static final String CLEANUP = "/api/v1/webhooks/cleanup";

    @TempDir
    Path data;

    private final DatabaseAddress database = TestDatabase.freshAddress();
    private HubProcess one;
    private HubProcess two;
    private String admin;

    @BeforeEach
    void start() {
        String url = database.jdbcUrl()
                .replace("jdbc:postgresql://", "postgresql://" + database.user() + ":" + database.password() + "@");
        Map<String, String> environment =
                Map.of("DATABASE_URL", url, "HOOKLINE_MASTER_KEY", "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=");
        one = HubProcess.start(data.resolve("one"), environment);
        two = HubProcess.start(data.resolve("two"), environment);
        admin = one.token();
    }

    @AfterEach
    void stop() {
        two.close();
        one.close();
    }

    private HttpResponse<String> cleanup(String token, String query) {
        return one.send(HttpRequest.newBuilder(one.uri(CLEANUP + query))
                .header("Authorization", "Bearer " + token)
                .DELETE());
    }

    private static void receive(HubProcess hub, int events) {
        for (int i = 0; i < events; i++) {
            String body = Json.object()
                    .put("event_type", "booking.created")
                    .put("booking_ref", "BK-" + i)
                    .toString();
            assertThat(hub.post("/api/webhook/booking", body).statusCode()).isEqualTo(200);
        }
    }

    private List<EventStream.Message> seen(HubProcess hub, int since, int events) {
        try (EventStream stream = EventStream.open(hub.uri("/api/events?since=" + since + "&access_token=" + admin))) {
            return stream.await(events);
        }
    }

    private String firstLine(HubProcess hub) {
        try (EventStream stream = EventStream.open(hub.uri("/api/events?since=0&access_token=" + admin))) {
            return stream.lines().getFirst();
        }
    }

    @Test
    void whatWasReceivedByThenIsGoneFromEveryViewOnEveryHub() {
        receive(one, 5);
        List<EventStream.Message> all = seen(one, 0, 5);
        String third = all.get(2).data().path("received_at").asText();
        String last = Instant.parse(all.getLast().data().path("received_at").asText())
                .atOffset(ZoneOffset.ofHours(2))
                .toString();
        String before = "?before=" + URLEncoder.encode(third, StandardCharsets.UTF_8);

        HttpResponse<String> answer = cleanup(admin, before);

        assertThat(answer.body())
                .isEqualTo("{\"ok\":true,\"deleted\":3,\"message\":\"Successfully deleted 3 events\"}");
        assertThat(seen(one, 0, 2)).extracting(EventStream.Message::id).containsExactly(4L, 5L);
        assertThat(firstLine(one)).contains("Positions 1 to 3 are no longer kept; starting at 4");
        await().until(() -> firstLine(two).contains("starting at 4"));
        assertThat(seen(two, 0, 2)).extracting(EventStream.Message::id).containsExactly(4L, 5L);
        assertThat(seen(two, 4, 1)).extracting(EventStream.Message::id).containsExactly(5L);
        assertThat(HubProcess.json(cleanup(admin, before)).path("deleted").asInt(-1))
                .isZero();
        assertThat(HubProcess.json(cleanup(admin, "?before=2020-01-01"))
                        .path("deleted")
                        .asInt(-1))
                .isZero();

        two.restart();
        assertThat(firstLine(two)).contains("starting at 4");
        assertThat(HubProcess.json(cleanup(admin, "?before=" + URLEncoder.encode(last, StandardCharsets.UTF_8)))
                        .path("deleted")
                        .asInt())
                .isEqualTo(2);
        receive(one, 1);
        assertThat(seen(one, 0, 1)).extracting(EventStream.Message::id).containsExactly(6L);
    }

    @Test
    void onlyAnAdministratorMayAndBeforeIsRequired() {
        try (Database direct = new Database(database, 1)) {
            new PostgresAccess(direct.jdbi())
                    .makeUser("default", "reader", new Passwords().hash("a-readers-password"), Role.VIEWER);
        }
        String reader = HubProcess.json(
                        one.post("/auth/login", "{\"username\":\"reader\",\"password\":\"a-readers-password\"}"))
                .path("access_token")
                .asText();
        receive(one, 1);

        assertThat(cleanup(reader, "?before=2999-01-01").statusCode()).isEqualTo(403);
        assertThat(cleanup("none", "?before=2999-01-01").statusCode()).isEqualTo(401);
        for (String query : List.of(
                "", "?before=", "?before=yesterday", "?before=%2B999999-01-01T00:00:00Z", "?before=9999-12-31")) {
            HttpResponse<String> answer = cleanup(admin, query);
            assertThat(answer.statusCode()).as(query).isEqualTo(422);
            assertThat(answer.body()).contains("\"loc\":[\"query\",\"before\"]");
        }
        assertThat(seen(one, 0, 1)).hasSize(1);
    }
}
