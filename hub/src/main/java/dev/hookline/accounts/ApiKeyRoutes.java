package dev.hookline.accounts;

import com.fasterxml.jackson.databind.node.MissingNode;
import dev.hookline.access.Access;
import dev.hookline.access.PostgresApiKeys;
import dev.hookline.access.Principal;
import dev.hookline.access.Role;
import dev.hookline.access.Rule;
import dev.hookline.access.Scope;
import dev.hookline.http.Api;
import dev.hookline.http.Call;
import dev.hookline.http.Problem;
import dev.hookline.http.Reply;
import dev.hookline.http.Routes;
import dev.hookline.kernel.Time;
import io.vertx.core.http.HttpMethod;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * {@code /api/v1/api-keys}: keys for programs, each acting for a user within its scopes. A key is shown when it is made, once,
 * and by its first characters from then on. Users have their own; administrators have those of the tenant, and make them for
 * those whose role is not above their own.
 */
public final class ApiKeyRoutes implements Routes {
    private static final String KEYS = "/api/v1/api-keys";
    private static final int BODY_BYTES_MAX = 16 << 10;
    private static final int NAME_CHARS_MAX = 100;
    private static final int DAYS_MAX = 3_650;
    private static final int KEYS_OF_A_USER_MAX = 100;

    /** Nobody whose key was found may make more of them with it. */
    private static final Rule OWN = Rule.person(Role.VIEWER);

    private final PostgresApiKeys keys;
    private final Access access;
    private final Time time;

    public ApiKeyRoutes(PostgresApiKeys keys, Access access, Time time) {
        this.keys = keys;
        this.access = access;
        this.time = time;
    }

    @Override
    public void mount(Api api) {
        api.secured(HttpMethod.POST, KEYS, OWN, BODY_BYTES_MAX, this::create);
        api.secured(HttpMethod.GET, KEYS, OWN, 0, this::list);
        api.secured(HttpMethod.GET, KEYS + "/:id", OWN, 0, this::show);
        api.secured(HttpMethod.DELETE, KEYS + "/:id", OWN, 0, this::revoke);
    }

    private Reply create(Call call) throws Problem {
        Form form = new Form(call.jsonObject());
        String name = form.text("name", NAME_CHARS_MAX);
        if (name == null) {
            throw Problem.field("name", "'name' is required");
        }
        Set<Scope> scopes = scopes(form);
        Long days = form.number("expires_in_days", 1, DAYS_MAX);
        Instant expiresAt = days == null ? null : time.now().plus(Duration.ofDays(days));
        Long user = form.number("user_id", 1, Long.MAX_VALUE);
        long owner = user == null ? call.principal().userId() : user;
        call.actFor(owner);
        PostgresApiKeys.Outcome outcome =
                keys.create(call.principal(), call.actor(), owner, name, scopes, expiresAt, KEYS_OF_A_USER_MAX);
        return switch (outcome) {
            case PostgresApiKeys.Outcome.Made(var key, var text) ->
                Reply.of(201, PostgresApiKeys.json(key).put("key", text));
            case PostgresApiKeys.Outcome.TooMany() ->
                throw Problem.of(
                        409, "A user has at most " + KEYS_OF_A_USER_MAX + " API keys; revoke one that is not needed");
            case PostgresApiKeys.Outcome.Above() -> throw Problem.of(403, "Only an owner may make a key for an owner");
            case PostgresApiKeys.Outcome.NoUser() -> throw Paths.noSuch("user");
        };
    }

    private static Set<Scope> scopes(Form form) throws Problem {
        Set<Scope> scopes = EnumSet.noneOf(Scope.class);
        for (String text : form.texts("scopes", Scope.values().length)) {
            scopes.add(Scope.of(text)
                    .orElseThrow(() -> Problem.field(
                            "scopes",
                            "'scopes' may hold "
                                    + String.join(
                                            ", ",
                                            Stream.of(Scope.values())
                                                    .map(Scope::text)
                                                    .toList()))));
        }
        return scopes;
    }

    private Reply list(Call call) throws Problem {
        int limit = Paths.limit(call);
        List<PostgresApiKeys.Key> page = keys.list(
                call.principal().tenant(),
                whose(call.principal()),
                Paths.position(call, "before").orElse(Long.MAX_VALUE),
                limit);
        return Paths.page(page, limit, PostgresApiKeys::json, PostgresApiKeys.Key::id);
    }

    private Reply show(Call call) throws Problem {
        return keys.find(call.principal().tenant(), whose(call.principal()), Paths.id(call, "API key"))
                .map(key -> Reply.ok(PostgresApiKeys.json(key)))
                .orElseThrow(() -> Paths.noSuch("API key"));
    }

    private Reply revoke(Call call) throws Problem {
        if (!keys.revoke(call.actor(), whose(call.principal()), Paths.id(call, "API key"))) {
            throw Paths.noSuch("API key");
        }
        access.readRevocations();
        return Reply.of(204, MissingNode.getInstance());
    }

    private static @Nullable Long whose(Principal caller) {
        return caller.isAdmin() ? null : caller.userId();
    }
}
