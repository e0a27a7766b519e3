package dev.hookline.http;

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

/**
 * {@code login}, {@code refresh}, {@code logout} and {@code me} under {@code /auth} (seed 001) and {@code /api/v1/auth}
 * (BridgeCore). The token is in the answer and in a cookie for pages. {@code database} is accepted, and only echoed.
 */
public final class LoginRoutes implements Routes {
    private final SignIn signIn;

    public LoginRoutes(SignIn signIn) {
        this.signIn = signIn;
    }

    @Override
    public void mount(Api api) {
        for (String family : List.of("/auth", "/api/v1/auth")) {
            api.open(HttpMethod.POST, family + "/login", SignIn.BODY_BYTES_MAX, this::login);
            api.open(HttpMethod.POST, family + "/refresh", SignIn.BODY_BYTES_MAX, signIn::refresh);
            api.open(
                    HttpMethod.POST,
                    family + "/logout",
                    SignIn.BODY_BYTES_MAX,
                    call -> signIn.logout(api, call, Json.object()));
            api.secured(HttpMethod.GET, family + "/me", Rule.SIGNED_IN, 0, this::me);
        }
    }

    private Reply login(Call call) throws Problem {
        ObjectNode body = call.jsonObject();
        Access.Login login = signIn.login(
                call, SignIn.text(body, "username"), SignIn.text(body, "password"), "Incorrect username or password");
        String database = body.path("database").isTextual()
                ? body.path("database").textValue()
                : login.principal().tenant();
        ObjectNode answer = SignIn.tokens(login).put("system_id", "odoo-" + database);
        answer.set("user", user(login.user()));
        return SignIn.withCookie(answer, login);
    }

    private Reply me(Call call) throws Problem {
        Principal caller = call.principal();
        User user = signIn.user(caller);
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

    /** {@code company_id} and {@code partner_id} are what BridgeCore answers; they mean nothing here. */
    private static ObjectNode user(User user) {
        return Json.object()
                .put("id", user.id())
                .put("username", user.username())
                .put("name", SignIn.fullName(user))
                .put("company_id", 1)
                .put("partner_id", user.id() + 2)
                .put("role", user.role().text())
                .put("tenant_id", user.tenant());
    }
}
