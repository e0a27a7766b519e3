package dev.hookline;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.hookline.kernel.Json;
import dev.hookline.postgres.DatabaseAddress;
import dev.hookline.postgres.TestDatabase;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Users, invitations, API keys, tenants and the audit trail, over HTTP. */
class AccountsIT {
    private static final String PASSWORD = "a password for tests";
    private static final String USERS = "/api/v1/users";
    private static final String INVITATIONS = "/api/v1/invitations";
    private static final String KEYS = "/api/v1/api-keys";
    private static final AtomicInteger MADE = new AtomicInteger();

    @TempDir
    static Path data;

    private static HubProcess hub;
    private static String owner;

    @BeforeAll
    static void start() {
        DatabaseAddress database = TestDatabase.freshAddress();
        String url = database.jdbcUrl()
                .replace("jdbc:postgresql://", "postgresql://" + database.user() + ":" + database.password() + "@");
        hub = HubProcess.start(data, Map.of("DATABASE_URL", url, "HOOKLINE_TRUSTED_PROXIES", "127.0.0.1"));
        owner = hub.token();
    }

    @AfterAll
    static void stop() {
        hub.close();
    }

    private static HttpResponse<String> send(String method, String path, String token, String body) {
        return hub.send(HttpRequest.newBuilder(hub.uri(path))
                .header("Authorization", "Bearer " + token)
                .method(method, HttpRequest.BodyPublishers.ofString(body)));
    }

    private static HttpResponse<String> post(String path, String token, String body) {
        return send("POST", path, token, body);
    }

    private static HttpResponse<String> get(String path, String token) {
        return hub.get(path, "Authorization", "Bearer " + token);
    }

    private static JsonNode expect(int status, HttpResponse<String> answer) {
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
        return answer.body().isEmpty() ? Json.object() : HubProcess.json(answer);
    }

    private static String newName() {
        return "user" + MADE.incrementAndGet();
    }

    private static JsonNode makeUser(String name, String role) {
        String body = Json.write(Json.object()
                .put("username", name)
                .put("email", name + "@example.com")
                .put("role", role)
                .put("password", PASSWORD));
        return expect(201, post(USERS, owner, body));
    }

    private static HttpResponse<String> tryLogin(String name, String password) {
        return hub.post(
                "/auth/login", Json.write(Json.object().put("username", name).put("password", password)));
    }

    private static String login(String name) {
        return expect(200, tryLogin(name, PASSWORD)).path("access_token").asText();
    }

    @Test
    void aUserIsMadeChangedAndDeleted() {
        String name = newName();
        String path = USERS + "/" + makeUser(name, "viewer").path("id").asText();
        String token = login(name);
        assertThat(expect(200, tryLogin(name.toUpperCase(Locale.ROOT) + "@example.com", PASSWORD))
                        .path("user")
                        .path("role")
                        .asText())
                .as("by email address")
                .isEqualTo("viewer");

        JsonNode changed = expect(
                200, send("PATCH", path, owner, "{\"role\":\"member\",\"full_name\":\"A Person\",\"email\":null}"));

        assertThat(changed.path("role").asText()).isEqualTo("member");
        assertThat(changed.path("email").isNull()).isTrue();
        expect(401, get("/auth/me", token));
        JsonNode me = expect(200, get("/auth/me", login(name)));
        assertThat(me.path("full_name").asText()).isEqualTo("A Person");
        assertThat(me.path("is_superuser").asBoolean(true)).isFalse();
        expect(200, send("PATCH", path, owner, "{\"active\":false}"));
        expect(403, tryLogin(name, PASSWORD));
        expect(401, tryLogin(name, "a wrong password"));
        expect(200, send("PATCH", path, owner, "{\"active\":true,\"password\":\"another password\"}"));
        expect(401, tryLogin(name, PASSWORD));
        expect(200, tryLogin(name, "another password"));
        expect(204, send("DELETE", path, owner, ""));
        expect(404, get(path, owner));
        expect(401, tryLogin(name, "another password"));
    }

    @Test
    void whatIsWrongWithAUserIsNamed() {
        String taken = newName();
        makeUser(taken, "viewer");
        for (String[] wrong : new String[][] {
            {"username", "{\"role\":\"viewer\",\"password\":\"" + PASSWORD + "\"}"},
            {"username", "{\"username\":\"a b\",\"role\":\"viewer\",\"password\":\"" + PASSWORD + "\"}"},
            {"username", "{\"username\":7,\"role\":\"viewer\",\"password\":\"" + PASSWORD + "\"}"},
            {"role", "{\"username\":\"fresh\",\"role\":\"king\",\"password\":\"" + PASSWORD + "\"}"},
            {"role", "{\"username\":\"fresh\",\"role\":null,\"password\":\"" + PASSWORD + "\"}"},
            {"password", "{\"username\":\"fresh\",\"role\":\"viewer\",\"password\":\"short\"}"},
            {"password", "{\"username\":\"fresh\",\"role\":\"viewer\",\"password\":\"" + "x".repeat(1_001) + "\"}"},
            {
                "email",
                "{\"username\":\"fresh\",\"role\":\"viewer\",\"email\":\"nobody\",\"password\":\"" + PASSWORD + "\"}"
            },
        }) {
            JsonNode error = expect(422, post(USERS, owner, wrong[1])).path("error");
            assertThat(error.path("details").path(0).path("loc").path(1).asText())
                    .isEqualTo(wrong[0]);
        }
        expect(
                409,
                post(
                        USERS,
                        owner,
                        "{\"username\":\"" + taken.toUpperCase(Locale.ROOT) + "\",\"role\":\"viewer\",\"password\":\""
                                + PASSWORD + "\"}"));
        expect(404, get(USERS + "/x", owner));
        expect(404, get(USERS + "/99999999999999999999", owner));
    }

    @Test
    void nobodyGivesOrTouchesARoleAboveTheOwn() {
        String name = newName();
        String admin = makeUser(name, "admin").path("id").asText();
        String token = login(name);
        String first = expect(200, get("/auth/me", owner)).path("id").asText();

        expect(403, send("PATCH", USERS + "/" + admin, token, "{\"role\":\"owner\"}"));
        expect(403, send("PATCH", USERS + "/" + first, token, "{\"password\":\"a password of mine\"}"));
        expect(403, send("DELETE", USERS + "/" + first, token, ""));
        expect(403, post(INVITATIONS, token, "{\"role\":\"owner\"}"));
        expect(201, post(INVITATIONS, token, "{\"role\":\"admin\"}"));
        expect(200, get("/auth/me", token));
    }

    @Test
    void aTenantKeepsOneActiveOwnerHoweverManyLeaveAtOnce() {
        String tenant = expect(201, post("/api/v1/tenants", owner, "{\"id\":\"owners\",\"name\":\"Owners\"}"))
                .path("invitation")
                .path("token")
                .asText();
        List<String> names = new ArrayList<>(List.of(newName(), newName()));
        expect(201, accept(tenant, names.getFirst()));
        String first = login(names.getFirst());
        String invitation = expect(201, post(INVITATIONS, first, "{\"role\":\"owner\"}"))
                .path("token")
                .asText();
        expect(201, accept(invitation, names.getLast()));
        List<String> tokens = names.stream().map(AccountsIT::login).toList();
        List<String> ids = tokens.stream()
                .map(token -> expect(200, get("/auth/me", token)).path("id").asText())
                .toList();

        List<Integer> statuses;
        try (ExecutorService leavers = Executors.newVirtualThreadPerTaskExecutor()) {
            statuses = IntStream.range(0, 2)
                    .mapToObj(i -> CompletableFuture.supplyAsync(
                            () -> send("PATCH", USERS + "/" + ids.get(i), tokens.get(i), "{\"role\":\"admin\"}")
                                    .statusCode(),
                            leavers))
                    .toList()
                    .stream()
                    .map(CompletableFuture::join)
                    .toList();
        }

        assertThat(statuses).containsExactlyInAnyOrder(200, 409);
    }

    @Test
    void aNewPasswordEndsTheLockThatGuessingBrought() {
        String name = newName();
        String path = USERS + "/" + makeUser(name, "viewer").path("id").asText();
        for (int i = 0; i < 10; i++) {
            expect(401, tryLogin(name, "guess"));
        }
        expect(429, tryLogin(name, PASSWORD));

        expect(200, send("PATCH", path, owner, "{\"password\":\"another password\"}"));

        expect(200, tryLogin(name, "another password"));
    }

    /** Of an account that is asked for by two names neither is known to exist by the other's count. */
    @Test
    void guessesByNameAndByEmailAddressAreCountedTogetherAndInSilence() {
        String name = newName();
        String path = USERS + "/" + makeUser(name, "viewer").path("id").asText();
        for (int i = 0; i < 5; i++) {
            expect(401, tryLogin(name, "guess"));
            expect(401, tryLogin(name + "@example.com", "guess"));
        }

        expect(401, tryLogin(name, PASSWORD));
        expect(401, tryLogin(name + "@example.com", PASSWORD));
        expect(200, send("PATCH", path, owner, "{\"password\":\"another password\"}"));

        expect(200, tryLogin(name, "another password"));
    }

    @Test
    void guessesFromOneCustomersIpv6NetworkAreCountedTogether() {
        String name = newName();
        makeUser(name, "viewer");
        String body = Json.write(Json.object().put("username", name).put("password", "guess"));
        for (int i = 0; i < 10; i++) {
            expect(401, hub.post("/auth/login", body, "X-Forwarded-For", "2001:db8:7:10" + i + "::1"));
        }

        expect(429, hub.post("/auth/login", body, "X-Forwarded-For", "2001:db8:7:1ff::1"));
        expect(401, hub.post("/auth/login", body, "X-Forwarded-For", "2001:db8:7:200::1"));
    }

    @Test
    void aCookieThatCameByHttpsStaysThere() {
        String name = newName();
        makeUser(name, "viewer");
        String body = Json.write(Json.object().put("username", name).put("password", PASSWORD));

        HttpResponse<String> plain = hub.post("/auth/login", body);
        HttpResponse<String> secure = hub.post("/auth/login", body, "X-Forwarded-Proto", "https");

        assertThat(plain.headers().firstValue("Set-Cookie").orElseThrow()).doesNotContain("Secure");
        assertThat(secure.headers().firstValue("Set-Cookie").orElseThrow()).endsWith("; Secure");
    }

    /** A sign-in looks at the password for some ten milliseconds; meanwhile it may become another. */
    @Test
    void noSessionOutlivesThePasswordThatBeganIt() {
        for (String change :
                List.of("{\"password\":\"another password\"}", "{\"role\":\"member\"}", "{\"active\":false}")) {
            String name = newName();
            String path = USERS + "/" + makeUser(name, "viewer").path("id").asText();
            List<String> tokens;
            try (ExecutorService guests = Executors.newVirtualThreadPerTaskExecutor()) {
                List<CompletableFuture<HttpResponse<String>>> entering = IntStream.range(0, 6)
                        .mapToObj(_ -> CompletableFuture.supplyAsync(() -> tryLogin(name, PASSWORD), guests))
                        .toList();
                expect(200, send("PATCH", path, owner, change));
                tokens = entering.stream()
                        .map(CompletableFuture::join)
                        .filter(answer -> answer.statusCode() == 200)
                        .map(answer ->
                                HubProcess.json(answer).path("access_token").asText())
                        .toList();
            }

            for (String token : tokens) {
                boolean begunAfter = change.contains("role") && roleIn(token).equals("member");
                assertThat(get("/auth/me", token).statusCode()).as(change).isEqualTo(begunAfter ? 200 : 401);
            }
        }
    }

    /** What an access token says to who does not ask the database. */
    private static String roleIn(String token) {
        byte[] claims = Base64.getUrlDecoder().decode(token.split("\\.", 3)[1]);
        return Json.read(new String(claims, UTF_8)).path("role").asText();
    }

    @Test
    void theOwnPasswordIsChangedByWhoKnowsIt() {
        String name = newName();
        makeUser(name, "device");
        String token = login(name);
        String path = "/api/v1/auth/password";

        JsonNode wrong =
                expect(422, post(path, token, "{\"current_password\":\"guess\",\"new_password\":\"a new password\"}"));
        expect(422, post(path, token, "{\"current_password\":\"" + PASSWORD + "\",\"new_password\":\"short\"}"));
        expect(
                200,
                post(path, token, "{\"current_password\":\"" + PASSWORD + "\",\"new_password\":\"a new password\"}"));

        assertThat(wrong.at("/error/details/0/msg").asText()).contains("current_password");
        expect(401, get("/auth/me", token));
        expect(200, tryLogin(name, "a new password"));
    }

    private static HttpResponse<String> accept(String token, String name) {
        return hub.post(
                INVITATIONS + "/accept",
                Json.write(
                        Json.object().put("token", token).put("username", name).put("password", PASSWORD)));
    }

    @Test
    void anInvitationMakesOneUserHoweverManyShowItAtOnce() {
        JsonNode made =
                expect(201, post(INVITATIONS, owner, "{\"role\":\"member\",\"email\":\"invited@example.com\"}"));
        String token = made.path("token").asText();
        assertThat(made.path("url").asText()).isEqualTo(hub.url() + "/invitation#" + token);

        List<Integer> statuses;
        try (ExecutorService guests = Executors.newVirtualThreadPerTaskExecutor()) {
            statuses = IntStream.range(0, 5)
                    .mapToObj(_ -> newName())
                    .map(name -> CompletableFuture.supplyAsync(
                            () -> accept(token, name).statusCode(), guests))
                    .toList()
                    .stream()
                    .map(CompletableFuture::join)
                    .toList();
        }

        assertThat(statuses).containsOnlyOnce(201).containsOnly(201, 404);
        JsonNode user = expect(200, tryLogin("invited@example.com", PASSWORD)).path("user");
        assertThat(user.path("role").asText()).isEqualTo("member");
        assertThat(get(INVITATIONS, owner).body()).doesNotContain(token).contains("\"accepted_by\":" + user.path("id"));
    }

    @Test
    void anInvitationStaysOpenForWhoChoseATakenNameAndCanBeTakenBack() {
        JsonNode made = expect(201, post(INVITATIONS, owner, "{\"role\":\"viewer\",\"expires_in_hours\":1}"));
        String token = made.path("token").asText();

        expect(409, accept(token, "admin"));
        expect(422, accept(token, "no name at all"));
        expect(204, send("DELETE", INVITATIONS + "/" + made.path("id").asText(), owner, ""));
        expect(404, accept(token, newName()));
        expect(404, accept("x".repeat(43), newName()));
        expect(422, post(INVITATIONS, owner, "{\"role\":\"viewer\",\"expires_in_hours\":0}"));
    }

    @Test
    void anApiKeyIsShownOnceAndOpensWhatItsScopesSay() {
        String name = newName();
        makeUser(name, "member");
        String token = login(name);
        JsonNode made =
                expect(201, post(KEYS, token, "{\"name\":\"import\",\"scopes\":[\"records:read\",\"sources:write\"]}"));
        String key = made.path("key").asText();
        String path = KEYS + "/" + made.path("id").asText();

        assertThat(key).startsWith(made.path("prefix").asText()).startsWith("hlk_");
        assertThat(get(path, token).body()).doesNotContain(key);
        expect(200, get("/api/v1/records/booking", key));
        expect(200, hub.get("/api/v1/records/booking", "X-API-Key", key));
        expect(403, get("/api/v1/event-types", key));
        assertThat(post("/api/v1/sources", key, "{}").body())
                .as("the user is no administrator")
                .contains("'admin'");
        assertThat(expect(200, get("/auth/me", key)).path("scopes"))
                .extracting(JsonNode::asText)
                .containsExactly("records:read", "sources:write");
        assertThat(expect(200, get(path, token)).path("last_used_at").isNull()).isFalse();
        assertThat(expect(403, post(KEYS, key, "{}")).toString()).contains("No API key may do this");

        expect(204, send("DELETE", path, token, ""));

        expect(401, get("/api/v1/records/booking", key));
        expect(204, send("DELETE", path, token, ""));
        assertThat(hub.output()).doesNotContain(key);
    }

    @Test
    void aKeyCarriesABodyAndIsNotMixedUpWithThePushKey() {
        JsonNode made = expect(201, post(KEYS, owner, "{\"name\":\"publish\",\"scopes\":[\"events:write\"]}"));
        String event =
                "{\"event\":\"invoice.created\",\"resource_type\":\"invoice\",\"resource_id\":7,\"data\":{\"text\":\""
                        + "x".repeat(300_000) + "\"}}";

        expect(202, post("/api/v1/tenant/webhooks/events", made.path("key").asText(), event));
        assertThat(hub.get("/auth/me", "X-API-Key", "another system's key").statusCode())
                .isEqualTo(401);
    }

    @Test
    void usersSeeTheirOwnKeysAndAdministratorsAll() {
        String one = newName();
        String two = newName();
        long oneId = makeUser(one, "viewer").path("id").asLong();
        long twoId = makeUser(two, "viewer").path("id").asLong();
        String body = "{\"name\":\"k\",\"scopes\":[\"sync\"],\"expires_in_days\":1,\"user_id\":" + twoId + "}";

        expect(403, post(KEYS, login(one), body));
        String id = expect(201, post(KEYS, owner, body)).path("id").asText();

        expect(404, get(KEYS + "/" + id, login(one)));
        expect(404, send("DELETE", KEYS + "/" + id, login(one), ""));
        expect(200, get(KEYS + "/" + id, login(two)));
        assertThat(expect(200, get(KEYS, login(two))).path("count").asInt()).isEqualTo(1);
        expect(404, post(KEYS, owner, "{\"name\":\"k\",\"scopes\":[\"sync\"],\"user_id\":99999}"));
        expect(422, post(KEYS, owner, "{\"name\":\"k\",\"scopes\":[\"everything\"]}"));
        expect(422, post(KEYS, owner, "{\"name\":\"k\",\"scopes\":[]}"));
        expect(422, post(KEYS, owner, "{\"name\":\"k\",\"scopes\":[\"sync\"],\"user_id\":\"" + oneId + "\"}"));
    }

    /** Else an administrator would be an owner by a key of one. */
    @Test
    void nobodyMakesAKeyForWhoHasAHigherRole() {
        String admin = newName();
        makeUser(admin, "admin");
        String token = login(admin);
        String first = expect(200, get("/auth/me", owner)).path("id").asText();

        JsonNode refused =
                expect(403, post(KEYS, token, "{\"name\":\"k\",\"scopes\":[\"admin\"],\"user_id\":" + first + "}"));

        assertThat(refused.toString()).contains("owner");
        expect(201, post(KEYS, token, "{\"name\":\"k\",\"scopes\":[\"admin\"]}"));
    }

    @Test
    void aKeyThatAnotherMadeIsBoundedByItsMakerAsOfNow() {
        String user = newName();
        String userId = makeUser(user, "viewer").path("id").asText();
        String maker = newName();
        String makerId = makeUser(maker, "admin").path("id").asText();
        JsonNode made = expect(
                201, post(KEYS, login(maker), "{\"name\":\"lent\",\"scopes\":[\"admin\"],\"user_id\":" + userId + "}"));
        String key = made.path("key").asText();
        assertThat(made.path("made_by").asText()).isEqualTo(maker);
        expect(200, send("PATCH", USERS + "/" + userId, owner, "{\"role\":\"owner\"}"));

        await().atMost(Duration.ofSeconds(30)).until(() -> get(USERS, key).statusCode() == 200);
        expect(
                403,
                send(
                        "DELETE",
                        USERS + "/"
                                + expect(200, get("/auth/me", owner)).path("id").asText(),
                        key,
                        ""));
        String other = makeUser(newName(), "viewer").path("id").asText();
        expect(204, send("DELETE", USERS + "/" + other, key, ""));

        JsonNode kept = expect(200, get("/api/v1/audit?action=user.delete&subject=user/" + other, owner))
                .path("data")
                .path(0);
        assertThat(kept.path("username").asText()).isEqualTo(user);
        assertThat(kept.path("key_name").asText()).isEqualTo("lent");
        assertThat(kept.path("key_made_by").asText()).isEqualTo(maker);
        expect(204, send("DELETE", USERS + "/" + makerId, owner, ""));
        expect(401, get(USERS, key));
        assertThat(expect(200, get(KEYS + "/" + made.path("id").asText(), owner))
                        .path("revoked_at")
                        .isNull())
                .isFalse();
        expect(204, send("DELETE", USERS + "/" + userId, owner, ""));
    }

    @Test
    void aKeyMakesNoPerson() {
        String id = expect(200, get("/auth/me", owner)).path("id").asText();
        String key = expect(201, post(KEYS, owner, "{\"name\":\"k\",\"scopes\":[\"admin\"]}"))
                .path("key")
                .asText();

        for (HttpResponse<String> refused : List.of(
                send("PATCH", USERS + "/" + id, key, "{\"password\":\"a password of mine\"}"),
                send("PATCH", USERS + "/" + id, key, "{\"role\":\"owner\"}"),
                post(
                        USERS,
                        key,
                        "{\"username\":\"" + newName() + "\",\"role\":\"admin\",\"password\":\"" + PASSWORD + "\"}"),
                post(INVITATIONS, key, "{\"role\":\"owner\"}"))) {
            assertThat(expect(403, refused).toString()).contains("No API key may do this");
        }
        expect(200, get(USERS, key));
    }

    @Test
    void anInvitationEndsWithTheRightsOfWhoMadeIt() {
        String[] changes = {"{\"role\":\"member\"}", "{\"active\":false}", null};
        for (String change : changes) {
            String inviter = newName();
            String path = USERS + "/" + makeUser(inviter, "admin").path("id").asText();
            String token = login(inviter);
            String admins = expect(201, post(INVITATIONS, token, "{\"role\":\"admin\"}"))
                    .path("token")
                    .asText();
            String members = expect(201, post(INVITATIONS, token, "{\"role\":\"member\"}"))
                    .path("token")
                    .asText();

            if (change == null) {
                expect(204, send("DELETE", path, owner, ""));
            } else {
                expect(200, send("PATCH", path, owner, change));
            }

            expect(404, accept(admins, newName()));
            expect(change != null && change.contains("role") ? 201 : 404, accept(members, newName()));
        }
    }

    @Test
    void aTenantIsMadeEnteredAndSwitchedOff() {
        JsonNode made = expect(
                201,
                post(
                        "/api/v1/tenants",
                        owner,
                        "{\"id\":\"acme\",\"name\":\"Acme\",\"owner_email\":\"o@acme.example\"}"));
        String name = newName();
        expect(201, accept(made.path("invitation").path("token").asText(), name));
        String token = login(name);
        JsonNode me = expect(200, get("/auth/me", token));
        assertThat(me.path("tenant_id").asText()).isEqualTo("acme");
        assertThat(me.path("role").asText()).isEqualTo("owner");
        expect(403, get("/api/v1/tenants", token));
        assertThat(expect(200, get(USERS, token)).path("count").asInt()).isEqualTo(1);
        String key = expect(201, post(KEYS, token, "{\"name\":\"k\",\"scopes\":[\"records:read\"]}"))
                .path("key")
                .asText();

        expect(200, send("PATCH", "/api/v1/tenants/acme", owner, "{\"active\":false}"));

        expect(401, get("/auth/me", token));
        expect(403, tryLogin(name, PASSWORD));
        expect(401, get("/auth/me", key));
        expect(200, send("PATCH", "/api/v1/tenants/acme", owner, "{\"active\":true}"));
        login(name);
        expect(409, post("/api/v1/tenants", owner, "{\"id\":\"acme\",\"name\":\"Again\"}"));
        expect(409, send("PATCH", "/api/v1/tenants/default", owner, "{\"active\":false}"));
        expect(422, post("/api/v1/tenants", owner, "{\"id\":\"Ac me\",\"name\":\"Again\"}"));
    }

    @Test
    void administrativeActsAreKeptWithoutSecrets() {
        String secret = "a secret that nobody may see";
        String user = makeUser(newName(), "viewer").path("id").asText();
        send("PATCH", USERS + "/" + user, owner, "{\"role\":\"member\",\"password\":\"" + secret + "\"}");
        JsonNode source = expect(
                201,
                post(
                        "/api/v1/sources",
                        owner,
                        "{\"name\":\"audited\",\"secret\":\"" + secret + "\",\"mapping\":\"raw\"}"));
        JsonNode subscription = expect(
                201,
                post(
                        "/api/v1/tenant/webhooks/subscriptions",
                        owner,
                        "{\"url\":\"https://example.com/\",\"event\":\"a.b\",\"secret\":\"" + secret
                                + "\",\"headers\":{\"X-Api\":\"" + secret + "\"}}"));
        send("DELETE", "/api/v1/sources/" + source.path("id").asText(), owner, "");
        post("/api/v1/event-types", owner, "{\"name\":\"audited.type\"}");
        send("DELETE", "/api/v1/webhooks/cleanup?before=2020-01-01", owner, "");

        HttpResponse<String> all = get("/api/v1/audit?limit=1000", owner);

        JsonNode data = expect(200, all).path("data");
        assertThat(all.body()).doesNotContain(secret);
        assertThat(data)
                .extracting(entry -> entry.path("action").asText())
                .contains(
                        "user.create",
                        "user.change",
                        "source.create",
                        "source.delete",
                        "subscription.create",
                        "event_type.put",
                        "events.delete");
        JsonNode change = expect(200, get("/api/v1/audit?action=user.change&subject=user/" + user, owner))
                .path("data")
                .path(0);
        assertThat(change.path("before").path("role").asText()).isEqualTo("viewer");
        assertThat(change.path("after").path("role").asText()).isEqualTo("member");
        assertThat(change.path("after").path("password_changed").asBoolean()).isTrue();
        assertThat(change.path("username").asText()).isEqualTo("admin");
        assertThat(change.path("address").asText()).isEqualTo("127.0.0.1");
        assertThat(change.path("credential").asText()).startsWith("session:");
        assertThat(expect(
                                200,
                                get(
                                        "/api/v1/audit?subject=subscription/"
                                                + subscription.path("id").asText(),
                                        owner))
                        .path("count")
                        .asInt())
                .isEqualTo(1);
    }

    @Test
    void theAuditTrailIsPagedByItsIds() {
        makeUser(newName(), "viewer");
        makeUser(newName(), "viewer");
        JsonNode first = expect(200, get("/api/v1/audit?limit=1&action=user.create", owner));
        JsonNode second = expect(
                200,
                get(
                        "/api/v1/audit?limit=1&action=user.create&before="
                                + first.path("next").asText(),
                        owner));

        assertThat(second.path("data").path(0).path("id").asLong())
                .isLessThan(first.path("data").path(0).path("id").asLong());
        assertThat(expect(200, get("/api/v1/audit?until=2020-01-01", owner))
                        .path("count")
                        .asInt(1))
                .isZero();
        expect(422, get("/api/v1/audit?before=x", owner));
        expect(422, get("/api/v1/audit?user_id=x", owner));
        expect(422, get("/api/v1/audit?since=never", owner));
        expect(422, get("/api/v1/audit?limit=0", owner));
    }
}
