package dev.hookline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.hookline.access.Passwords;
import dev.hookline.access.PostgresAccess;
import dev.hookline.access.Role;
import dev.hookline.kernel.Json;
import dev.hookline.postgres.Database;
import dev.hookline.postgres.DatabaseAddress;
import dev.hookline.postgres.TestDatabase;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Signing in, going on and signing out, on two hubs over one database. */
class SessionsIT {
    private static final String PASSWORD = "a password for tests";

    @TempDir
    static Path data;

    private static final DatabaseAddress DATABASE = TestDatabase.freshAddress();
    private static HubProcess one;
    private static HubProcess two;

    @BeforeAll
    static void start() {
        String url = DATABASE.jdbcUrl()
                .replace("jdbc:postgresql://", "postgresql://" + DATABASE.user() + ":" + DATABASE.password() + "@");
        Map<String, String> environment =
                Map.of("DATABASE_URL", url, "HOOKLINE_MASTER_KEY", "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=");
        one = HubProcess.start(data.resolve("one"), environment);
        two = HubProcess.start(data.resolve("two"), environment);
        try (Database database = new Database(DATABASE, 1)) {
            PostgresAccess access = new PostgresAccess(database.jdbi());
            String hash = new Passwords().hash(PASSWORD);
            for (String name : List.of("steady", "thief", "guessed", "leaver")) {
                access.makeUser("default", name, hash, Role.VIEWER);
            }
        }
    }

    @AfterAll
    static void stop() {
        two.close();
        one.close();
    }

    private static HttpResponse<String> login(HubProcess hub, String name, String password) {
        return hub.post(
                "/auth/login", Json.write(Json.object().put("username", name).put("password", password)));
    }

    private static JsonNode signedIn(String name) {
        HttpResponse<String> answer = login(one, name, PASSWORD);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return HubProcess.json(answer);
    }

    private static String[] bearer(JsonNode tokens, String field) {
        return new String[] {"Authorization", "Bearer " + tokens.path(field).asText()};
    }

    private static int me(HubProcess hub, JsonNode tokens) {
        return hub.get("/api/v1/auth/me", bearer(tokens, "access_token")).statusCode();
    }

    private static HttpResponse<String> refresh(HubProcess hub, JsonNode tokens) {
        return hub.post("/api/v1/auth/refresh", "", bearer(tokens, "refresh_token"));
    }

    @Test
    void aSessionGoesOnOnAnyHub() {
        JsonNode first = signedIn("steady");

        JsonNode second = HubProcess.json(refresh(two, first));
        JsonNode third = HubProcess.json(refresh(one, second));

        assertThat(me(two, third)).isEqualTo(200);
        assertThat(third.path("refresh_token")).isNotEqualTo(second.path("refresh_token"));
        assertThat(me(one, first)).as("an access token counts until it is over").isEqualTo(200);
    }

    /** BridgeCore's clients know of no new refresh token, and an answer may be lost on the way. */
    @Test
    void aRefreshTokenCountsUntilItsSuccessorIsUsed() {
        JsonNode first = signedIn("steady");

        assertThat(refresh(one, first).statusCode()).isEqualTo(200);
        assertThat(refresh(two, first).statusCode()).isEqualTo(200);
        assertThat(refresh(one, first).statusCode()).isEqualTo(200);
    }

    @Test
    void aRefreshTokenThatComesBackAfterItsSuccessorEndsTheSessionEverywhere() {
        JsonNode first = signedIn("thief");
        JsonNode second = HubProcess.json(refresh(one, first));
        JsonNode third = HubProcess.json(refresh(one, second));

        assertThat(refresh(one, first).statusCode()).isEqualTo(401);

        assertThat(refresh(two, third).statusCode()).isEqualTo(401);
        assertThat(me(one, third)).isEqualTo(401);
        await().atMost(Duration.ofSeconds(30)).until(() -> me(two, third) == 401);
        assertThat(me(one, signedIn("thief"))).as("a new session").isEqualTo(200);
    }

    @Test
    void logoutEndsBothTokensOnEveryHubAndAfterARestart() {
        JsonNode tokens = signedIn("leaver");
        JsonNode other = signedIn("leaver");
        assertThat(me(two, tokens)).isEqualTo(200);

        assertThat(one.post("/api/v1/auth/logout", "", bearer(tokens, "access_token"))
                        .body())
                .isEqualTo("{}");

        assertThat(me(one, tokens)).isEqualTo(401);
        assertThat(refresh(two, tokens).statusCode()).isEqualTo(401);
        await().atMost(Duration.ofSeconds(30)).until(() -> me(two, tokens) == 401);
        one.restart();
        assertThat(me(one, tokens)).isEqualTo(401);
        assertThat(me(one, other)).as("another session of the same user").isEqualTo(200);
    }

    @Test
    void logoutTakesTheRefreshTokenToo() {
        JsonNode tokens = signedIn("leaver");

        one.post("/auth/logout", "", bearer(tokens, "refresh_token"));

        assertThat(me(one, tokens)).isEqualTo(401);
    }

    @Test
    void aRefreshTokenOpensNothingAndAnAccessTokenRefreshesNothing() {
        JsonNode tokens = signedIn("steady");

        assertThat(one.get("/auth/me", bearer(tokens, "refresh_token")).statusCode())
                .isEqualTo(401);
        assertThat(one.post("/auth/refresh", "", bearer(tokens, "access_token")).statusCode())
                .isEqualTo(401);
    }

    @Test
    void sessionsOfTheOldServerAreToldHowToSignIn() {
        for (String[] header : new String[][] {{"X-Session-Id", "abc"}, {"Cookie", "session_id=abc"}}) {
            HttpResponse<String> answer = one.get("/api/v1/auth/me", header);

            assertThat(answer.statusCode()).isEqualTo(401);
            assertThat(answer.headers().firstValue("WWW-Authenticate")).hasValue("Bearer");
            assertThat(answer.body()).contains("Authorization: Bearer").contains("/auth/login");
        }
    }

    /** Ten guesses, however many at once and on whichever hub; then the right password waits too. */
    @Test
    void guessingIsStoppedOnAllHubsTogetherAndSaysWhatToDo() {
        List<Integer> statuses;
        try (ExecutorService guessers = Executors.newVirtualThreadPerTaskExecutor()) {
            statuses = IntStream.range(0, 24)
                    .mapToObj(i -> CompletableFuture.supplyAsync(
                            () -> login(i % 2 == 0 ? one : two, "guessed", "guess " + i)
                                    .statusCode(),
                            guessers))
                    .toList()
                    .stream()
                    .map(CompletableFuture::join)
                    .toList();
        }
        assertThat(statuses).containsOnly(401, 429);
        assertThat(statuses.stream().filter(status -> status == 401).count()).isLessThanOrEqualTo(10);
        while (login(one, "guessed", "another guess").statusCode() == 401) {
            assertThat(me(one, signedIn("steady"))).isEqualTo(200);
        }

        HttpResponse<String> locked = login(two, "GUESSED", PASSWORD);

        assertThat(locked.statusCode()).isEqualTo(429);
        assertThat(locked.headers().firstValueAsLong("Retry-After").orElse(0)).isBetween(60L, 901L);
        assertThat(locked.body()).contains("minutes").contains("administrator").contains("RateLimitExceeded");
        assertThat(login(two, "steady", PASSWORD).statusCode())
                .as("others from the same network")
                .isEqualTo(200);
    }

    /** Whether a name exists shows in nothing. */
    @Test
    void aNameThatDoesNotExistIsCountedAsOneThatDoes() {
        List<Integer> statuses = IntStream.range(0, 11)
                .mapToObj(_ -> login(one, "nobody", "guess").statusCode())
                .toList();

        assertThat(statuses.subList(0, 10)).containsOnly(401);
        assertThat(statuses.getLast()).isEqualTo(429);
    }

    @Test
    void whatSucceedsIsNotCounted() {
        for (int i = 0; i < 15; i++) {
            assertThat(login(one, "steady", PASSWORD).statusCode()).isEqualTo(200);
        }
    }

    @Test
    void a11_15_noPasswordAndNoTokenIsLogged() {
        JsonNode tokens = signedIn("steady");
        String[] access = bearer(tokens, "access_token");
        one.get("/auth/me?access_token=" + access[1].substring(7), access);

        assertThat(one.output())
                .doesNotContain(PASSWORD)
                .doesNotContain(access[1].substring(7))
                .doesNotContain(tokens.path("refresh_token").asText());
    }
}
