package dev.hookline.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.access.Access;
import dev.hookline.access.PostgresTenants;
import dev.hookline.access.Principal;
import dev.hookline.access.Rule;
import dev.hookline.access.User;
import dev.hookline.kernel.Json;
import io.vertx.core.http.HttpMethod;
import java.util.UUID;

/**
 * BridgeCore's newer ways to sign in, in its own shapes: {@code /api/v1/auth/tenant/login}, {@code refresh}, {@code me} and
 * {@code logout}, and {@code /api/admin/auth/login} for administrators of the tenant that runs the hub. Names, passwords,
 * tokens and sessions are those of {@link LoginRoutes}. Of Odoo nothing is known here: what it would say is null.
 */
public final class TenantLoginRoutes implements Routes {
    private static final String FAMILY = "/api/v1/auth/tenant";
    private static final String WRONG = "Invalid email or password";
    private static final String FIELDS_CHECK = "odoo_fields_check";

    private final SignIn signIn;
    private final PostgresTenants tenants;

    public TenantLoginRoutes(SignIn signIn, PostgresTenants tenants) {
        this.signIn = signIn;
        this.tenants = tenants;
    }

    @Override
    public void mount(Api api) {
        api.open(HttpMethod.POST, FAMILY + "/login", SignIn.BODY_BYTES_MAX, this::login);
        api.open(HttpMethod.POST, FAMILY + "/refresh", SignIn.BODY_BYTES_MAX, signIn::refresh);
        api.open(
                HttpMethod.POST,
                FAMILY + "/logout",
                SignIn.BODY_BYTES_MAX,
                call -> signIn.logout(api, call, Json.object().put("message", "Logged out successfully")));
        api.secured(HttpMethod.POST, FAMILY + "/me", Rule.SIGNED_IN, SignIn.BODY_BYTES_MAX, this::me);
        api.open(HttpMethod.POST, "/api/admin/auth/login", SignIn.BODY_BYTES_MAX, this::admin);
    }

    private Reply login(Call call) throws Problem {
        ObjectNode body = call.jsonObject();
        JsonNode asked = fieldsCheck(body);
        Access.Login login = signIn(call, body);
        ObjectNode answer = SignIn.tokens(login);
        answer.set("user", user(login.user()));
        answer.set("tenant", tenant(login.user()));
        answer.set("odoo_fields_data", fields(asked));
        return SignIn.withCookie(answer, login);
    }

    private Access.Login signIn(Call call, ObjectNode body) throws Problem {
        return signIn.login(call, SignIn.text(body, "email"), SignIn.text(body, "password"), WRONG);
    }

    private Reply me(Call call) throws Problem {
        JsonNode asked = call.body().length() == 0 ? Json.object().nullNode() : fieldsCheck(call.jsonObject());
        User user = signIn.user(call.principal());
        ObjectNode answer = Json.object();
        answer.set("user", user(user).put("created_at", user.createdAt().toString()));
        answer.set("tenant", tenant(user));
        answer.putNull("partner_id").putNull("employee_id").putArray("groups");
        answer.put("is_admin", call.principal().isAdmin()).put("is_internal_user", false);
        answer.putArray("company_ids");
        answer.putNull("current_company_id").set("odoo_fields_data", fields(asked));
        return Reply.ok(answer);
    }

    private Reply admin(Call call) throws Problem {
        Access.Login login = signIn(call, call.jsonObject());
        Principal caller = login.principal();
        if (!caller.isAdmin() || !caller.tenant().equals(Principal.PLATFORM_TENANT)) {
            signIn.takeBack(login);
            throw Problem.of(403, "This is for administrators of the tenant '" + Principal.PLATFORM_TENANT + "'");
        }
        User user = login.user();
        ObjectNode answer = Json.object();
        answer.set(
                "admin",
                user(user)
                        .put("is_active", user.active())
                        .put("created_at", user.createdAt().toString()));
        answer.put("token", login.accessToken())
                .put("token_type", "bearer")
                .put("refresh_token", login.refreshToken())
                .put("expires_in", login.expiresInSeconds());
        return SignIn.withCookie(answer, login);
    }

    /** {@code user_id} is what the sync wants: BridgeCore's own ids of these users are UUIDs, so the id is written as one. */
    private static ObjectNode user(User user) {
        String email = user.email();
        return Json.object()
                .put("id", uuid(user.id()).toString())
                .put("user_id", user.id())
                .put("email", email == null ? user.username() : email)
                .put("full_name", SignIn.fullName(user))
                .put("role", user.role().text())
                .putNull("odoo_user_id");
    }

    /** A UUID of the version for own formats (RFC 9562, section 5.8), with the id in its last bits. */
    private static UUID uuid(long id) {
        return new UUID(0x8000L, Long.MIN_VALUE | id);
    }

    private ObjectNode tenant(User user) {
        PostgresTenants.Tenant tenant = tenants.find(user.tenant()).orElseThrow();
        return Json.object()
                .put("id", tenant.id())
                .put("name", tenant.name())
                .put("slug", tenant.id())
                .put("status", tenant.active() ? "active" : "suspended")
                .putNull("odoo_database")
                .putNull("odoo_version");
    }

    private static JsonNode fieldsCheck(ObjectNode body) throws Problem {
        JsonNode asked = body.path(FIELDS_CHECK);
        if (asked.isMissingNode() || asked.isNull()) {
            return body.nullNode();
        }
        if (!asked.path("model").isTextual() || !asked.path("list_fields").isArray()) {
            throw Problem.field(FIELDS_CHECK, "'" + FIELDS_CHECK + "' must have 'model' and a list 'list_fields'");
        }
        return asked;
    }

    private static JsonNode fields(JsonNode asked) {
        return asked.isNull()
                ? asked
                : Json.object().put("success", false).put("error", "No Odoo is asked when somebody signs in");
    }
}
