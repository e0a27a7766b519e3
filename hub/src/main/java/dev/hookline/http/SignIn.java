package dev.hookline.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.access.Access;
import dev.hookline.access.Principal;
import dev.hookline.access.User;
import dev.hookline.kernel.Json;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;

/** What every way to sign in does alike, whatever its paths and the shapes of its answers. */
public final class SignIn {
    static final int BODY_BYTES_MAX = 16 << 10;
    private static final int PASSWORD_CHARS_MAX = 1_000;
    private static final int WAITING_MAX = 8;

    private final Access access;
    private final Semaphore waiting = new Semaphore(WAITING_MAX);

    public SignIn(Access access) {
        this.access = access;
    }

    /**
     * Checks a password, and begins a session.
     *
     * @param wrong what is answered when the name or the password is wrong
     */
    Access.Login login(Call call, String name, String password, String wrong) throws Problem {
        if (!waiting.tryAcquire()) {
            throw Problem.of(429, "Too many sign in at this moment; try again shortly");
        }
        Access.Outcome outcome;
        try {
            outcome = access.login(name, password, call.address());
        } finally {
            waiting.release();
        }
        return switch (outcome) {
            case Access.Outcome.Accepted(Access.Login login) -> login;
            case Access.Outcome.Wrong() -> throw Problem.of(401, wrong);
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

    Reply refresh(Call call) throws Problem {
        String token = Api.bearer(call);
        Optional<Access.Login> login = token == null ? Optional.empty() : access.refresh(token);
        if (login.isEmpty()) {
            throw call.stranger(
                    "Send the refresh token of the last answer as 'Authorization: Bearer <token>'; if that is what you"
                            + " did, it is over: sign in again");
        }
        return withCookie(tokens(login.get()), login.get());
    }

    /** By the access token or the refresh token: whichever is shown, the session ends. */
    Reply logout(Api api, Call call, ObjectNode answer) throws Problem {
        Optional<Principal> caller = api.signedIn(call.context());
        if (caller.isPresent()) {
            access.logout(caller.get());
        } else {
            String token = Api.bearer(call);
            if (token == null || !access.logout(token)) {
                throw call.stranger("There is no session to end: send its token as 'Authorization: Bearer <token>'");
            }
        }
        return new Reply(200, answer, Map.of("Set-Cookie", Api.COOKIE + "=; Path=/; Max-Age=0; HttpOnly"));
    }

    /** Ends a session that has just begun, of somebody whom this way in is not for. */
    void takeBack(Access.Login login) {
        access.logout(login.principal());
    }

    User user(Principal caller) throws Problem {
        return access.user(caller).orElseThrow(() -> Problem.of(401, "This user was deleted"));
    }

    static ObjectNode tokens(Access.Login login) {
        return Json.object()
                .put("access_token", login.accessToken())
                .put("refresh_token", login.refreshToken())
                .put("token_type", "bearer")
                .put("expires_in", login.expiresInSeconds());
    }

    static Reply withCookie(ObjectNode answer, Access.Login login) {
        String cookie = "%s=%s; Path=/; Max-Age=%d; HttpOnly; SameSite=Strict"
                .formatted(Api.COOKIE, login.accessToken(), login.expiresInSeconds());
        return new Reply(200, answer, Map.of("Set-Cookie", cookie, "Cache-Control", "no-store"));
    }

    /** The full name, else the user's name. */
    static String fullName(User user) {
        String name = user.fullName();
        return name == null ? user.username() : name;
    }

    static String text(ObjectNode body, String field) throws Problem {
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
