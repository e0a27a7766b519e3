package dev.hookline.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.access.Access;
import dev.hookline.kernel.Json;
import io.vertx.core.http.HttpMethod;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;

/**
 * {@code POST /auth/login} and {@code /api/v1/auth/login}: {@code {"username","password"}} for a token, in the answer and in
 * a cookie for pages. {@code database} is accepted and ignored.
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
        for (String path : List.of("/auth/login", "/api/v1/auth/login")) {
            api.open(HttpMethod.POST, path, BODY_BYTES_MAX, this::login);
        }
    }

    private Reply login(Call call) throws Problem {
        ObjectNode body = call.jsonObject();
        String username = text(body, "username");
        String password = text(body, "password");
        if (!waiting.tryAcquire()) {
            throw Problem.of(429, "Too many sign in at this moment; try again shortly");
        }
        Optional<Access.Login> login;
        try {
            login = access.login(username, password);
        } finally {
            waiting.release();
        }
        if (login.isEmpty()) {
            throw Problem.of(401, "Incorrect username or password");
        }
        Access.Login done = login.get();
        ObjectNode answer = Json.object()
                .put("access_token", done.accessToken())
                .put("token_type", "bearer")
                .put("expires_in", done.expiresInSeconds());
        answer.putObject("user")
                .put("id", done.principal().userId())
                .put("username", done.principal().username())
                .put("name", done.principal().username())
                .put("role", done.principal().role())
                .put("tenant_id", done.principal().tenant());
        String cookie = "%s=%s; Path=/; Max-Age=%d; HttpOnly; SameSite=Strict"
                .formatted(Api.COOKIE, done.accessToken(), done.expiresInSeconds());
        return new Reply(200, answer, Map.of("Set-Cookie", cookie, "Cache-Control", "no-store"));
    }

    private static String text(ObjectNode body, String field) throws Problem {
        JsonNode value = body.get(field);
        if (value == null || value.isNull()) {
            throw Problem.field(field, "'" + field + "' is required");
        }
        if (!value.isTextual()
                || value.textValue().isEmpty()
                || value.textValue().length() > PASSWORD_CHARS_MAX) {
            throw Problem.field(field, "'" + field + "' must be a text of 1 to " + PASSWORD_CHARS_MAX + " characters");
        }
        return value.textValue();
    }
}
