package dev.hookline.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.access.Access;
import dev.hookline.access.Principal;
import dev.hookline.access.Rule;
import dev.hookline.access.Scope;
import dev.hookline.access.User;
import dev.hookline.kernel.Json;
import io.vertx.core.http.HttpMethod;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;

/**
 * {@code login}, {@code refresh}, {@code logout} and {@code me} under {@code /auth} (seed 001) and {@code /api/v1/auth}
 * (BridgeCore). The token is in the answer and in a cookie for pages. {@code database} is accepted, and only echoed.
 */
public final class LoginRoutes implements Routes {
    private static final int BODY_BYTES_MAX = 16 << 10;
    private static final int PASSWORD_CHARS_MAX = 1_000;
    private static final int WAITING_MAX = 8;

    private final Access access;
    private final Semaphore waiting = new Semaphore(WAITING_MAX);

    public LoginRoutes(Access access) {
        this.access = access;
    }

    @Override
    public void mount(Api api) {
        for (String family : List.of("/auth", "/api/v1/auth")) {
            api.open(HttpMethod.POST, family + "/login", BODY_BYTES_MAX, this::login);
            api.open(HttpMethod.POST, family + "/refresh", BODY_BYTES_MAX, this::refresh);
            api.open(HttpMethod.POST, family + "/logout", BODY_BYTES_MAX, call -> logout(api, call));
            api.secured(HttpMethod.GET, family + "/me", Rule.SIGNED_IN, 0, this::me);
        }
    }

    private Reply login(Call call) throws Problem {
        ObjectNode body = call.jsonObject();
        String username = text(body, "username");
        String password = text(body, "password");
        String database =
                body.path("database").isTextual() ? body.path("database").textValue() : null;
        if (!waiting.tryAcquire()) {
            throw Problem.of(429, "Too many sign in at this moment; try again shortly");
        }
        Access.Outcome outcome;
        try {
            outcome = access.login(username, password, call.address());
        } finally {
            waiting.release();
        }
        return switch (outcome) {
            case Access.Outcome.Accepted(Access.Login login) -> {
                ObjectNode answer = tokens(login);
                answer.put(
                        "system_id",
                        "odoo-" + (database == null ? login.principal().tenant() : database));
                answer.set("user", user(login.user()));
                yield withCookie(answer, login);
            }
            case Access.Outcome.Wrong() -> throw Problem.of(401, "Incorrect username or password");
            case Access.Outcome.Inactive() ->
                throw Problem.of(403, "This account is switched off; an administrator can switch it on");
            case Access.Outcome.Locked(long seconds) ->
                throw Problem.tooMany(
                        (int) seconds,
                        "Too many wrong passwords for this name or from this network. Wait " + minutes(seconds)
                                + ", or have an administrator set a new password");
        };
    }

    private static String minutes(long seconds) {
        long minutes = (seconds + 59) / 60;
        return minutes == 1 ? "a minute" : minutes + " minutes";
    }

    private Reply refresh(Call call) throws Problem {
        String token = Api.bearer(call);
        Optional<Access.Login> login = token == null ? Optional.empty() : access.refresh(token);
        if (login.isEmpty()) {
            throw Problem.of(
                    401,
                    "Send the refresh token of the last answer as 'Authorization: Bearer <token>'; if that is what you"
                            + " did, it is over: sign in again");
        }
        return withCookie(tokens(login.get()), login.get());
    }

    /** By the access token or the refresh token: whichever is shown, the session ends. */
    private Reply logout(Api api, Call call) throws Problem {
        Optional<Principal> caller = api.caller(call.context());
        if (caller.isPresent()) {
            access.logout(caller.get());
        } else {
            String token = Api.bearer(call);
            if (token == null || !access.logout(token)) {
                throw Problem.of(401, "There is no session to end: send its token as 'Authorization: Bearer <token>'");
            }
        }
        return new Reply(200, Json.object(), Map.of("Set-Cookie", Api.COOKIE + "=; Path=/; Max-Age=0; HttpOnly"));
    }

    private Reply me(Call call) throws Problem {
        Principal caller = call.principal();
        User user = access.user(caller).orElseThrow(() -> Problem.of(401, "This user was deleted"));
        ObjectNode answer = Json.object()
                .put("username", user.username())
                .put("email", user.email())
                .put("full_name", user.fullName())
                .put("id", user.id())
                .put("is_active", user.active())
                .put("is_superuser", caller.isAdmin())
                .put("role", user.role().text())
                .put("tenant_id", user.tenant());
        if (caller.isApiKey()) {
            ArrayNode scopes = answer.putArray("scopes");
            caller.scopes().stream().sorted().map(Scope::text).forEach(scopes::add);
        }
        return Reply.ok(answer);
    }

    private static ObjectNode tokens(Access.Login login) {
        return Json.object()
                .put("access_token", login.accessToken())
                .put("refresh_token", login.refreshToken())
                .put("token_type", "bearer")
                .put("expires_in", login.expiresInSeconds());
    }

    /** {@code company_id} and {@code partner_id} are what BridgeCore answers; they mean nothing here. */
    private static ObjectNode user(User user) {
        return Json.object()
                .put("id", user.id())
                .put("username", user.username())
                .put("name", user.fullName() == null ? user.username() : user.fullName())
                .put("company_id", 1)
                .put("partner_id", user.id() + 2)
                .put("role", user.role().text())
                .put("tenant_id", user.tenant());
    }

    private static Reply withCookie(ObjectNode answer, Access.Login login) {
        String cookie = "%s=%s; Path=/; Max-Age=%d; HttpOnly; SameSite=Strict"
                .formatted(Api.COOKIE, login.accessToken(), login.expiresInSeconds());
        return new Reply(200, answer, Map.of("Set-Cookie", cookie, "Cache-Control", "no-store"));
    }

    private static String text(ObjectNode body, String field) throws Problem {
        JsonNode value = body.get(field);
        if (value == null || value.isNull()) {
            throw Problem.field(field, "'" + field + "' is required");
        }
        if (!value.isTextual()
                || value.textValue().isEmpty()
                || value.textValue().length() > PASSWORD_CHARS_MAX
                || value.textValue().indexOf('\0') >= 0) {
            throw Problem.field(field, "'" + field + "' must be a text of 1 to " + PASSWORD_CHARS_MAX + " characters");
        }
        return value.textValue();
    }
}
