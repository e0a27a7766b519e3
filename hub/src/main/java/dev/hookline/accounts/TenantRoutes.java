package dev.hookline.accounts;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.access.Access;
import dev.hookline.access.PostgresTenants;
import dev.hookline.access.Principal;
import dev.hookline.access.Rule;
import dev.hookline.http.Api;
import dev.hookline.http.Call;
import dev.hookline.http.Problem;
import dev.hookline.http.Reply;
import dev.hookline.http.Routes;
import io.vertx.core.http.HttpMethod;
import java.util.List;
import java.util.regex.Pattern;

/**
 * {@code /api/v1/tenants}, for the owners of the tenant that runs the hub. A new tenant comes with an invitation for its
 * owner; nobody else may look into it.
 */
public final class TenantRoutes implements Routes {
    private static final String TENANTS = "/api/v1/tenants";
    private static final int BODY_BYTES_MAX = 16 << 10;
    private static final Pattern ID = Pattern.compile("[a-z0-9][a-z0-9-]{0,62}");
    private static final Rule PLATFORM = Rule.platformOwner();

    private final PostgresTenants tenants;
    private final Access access;

    public TenantRoutes(PostgresTenants tenants, Access access) {
        this.tenants = tenants;
        this.access = access;
    }

    @Override
    public void mount(Api api) {
        api.secured(HttpMethod.POST, TENANTS, PLATFORM, BODY_BYTES_MAX, this::create);
        api.secured(HttpMethod.GET, TENANTS, PLATFORM, 0, this::list);
        api.secured(HttpMethod.GET, TENANTS + "/:id", PLATFORM, 0, this::show);
        api.secured(HttpMethod.PATCH, TENANTS + "/:id", PLATFORM, BODY_BYTES_MAX, this::change);
    }

    private Reply create(Call call) throws Problem {
        Form form = new Form(call.jsonObject());
        String id = form.requiredText("id");
        if (!ID.matcher(id).matches()) {
            throw Problem.field(
                    "id", "'id' must be 1 to 63 small letters, digits and -, and begin with a letter or a digit");
        }
        String name = form.requiredText("name");
        String email = form.email("owner_email");
        PostgresTenants.Made made = tenants.create(call.actor(), id, name, email, InvitationRoutes.LASTS_DEFAULT)
                .orElseThrow(() -> Problem.of(409, "There is a tenant with this id already"));
        ObjectNode answer = PostgresTenants.json(made.tenant());
        answer.set("invitation", InvitationRoutes.withLink(call, made.invitation()));
        return Reply.of(201, answer);
    }

    private Reply list(Call call) throws Problem {
        int limit = Paths.limit(call);
        String after = call.query("after");
        List<PostgresTenants.Tenant> page = tenants.list(after == null ? "" : after, limit);
        return Paths.page(page, limit, PostgresTenants::json, PostgresTenants.Tenant::id);
    }

    private Reply show(Call call) throws Problem {
        return tenants.find(call.path("id"))
                .map(tenant -> Reply.ok(PostgresTenants.json(tenant)))
                .orElseThrow(() -> Paths.noSuch("tenant"));
    }

    private Reply change(Call call) throws Problem {
        Form form = new Form(call.jsonObject());
        String id = call.path("id");
        Boolean active = form.flag("active");
        String name = form.has("name") ? form.requiredText("name") : null;
        if (Boolean.FALSE.equals(active) && id.equals(Principal.PLATFORM_TENANT)) {
            throw Problem.of(409, "The tenant that runs the hub cannot be switched off");
        }
        PostgresTenants.Tenant changed =
                tenants.change(call.actor(), id, name, active).orElseThrow(() -> Paths.noSuch("tenant"));
        access.readRevocations();
        return Reply.ok(PostgresTenants.json(changed));
    }
}
