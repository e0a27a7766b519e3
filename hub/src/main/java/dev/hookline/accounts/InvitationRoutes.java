package dev.hookline.accounts;

import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hookline.access.Passwords;
import dev.hookline.access.PostgresInvitations;
import dev.hookline.access.PostgresUsers;
import dev.hookline.access.Role;
import dev.hookline.access.Rule;
import dev.hookline.access.Scope;
import dev.hookline.http.Api;
import dev.hookline.http.Call;
import dev.hookline.http.Problem;
import dev.hookline.http.Reply;
import dev.hookline.http.Routes;
import io.vertx.core.http.HttpMethod;
import java.time.Duration;
import java.util.List;

/**
 * {@code /api/v1/invitations}: a link that makes one user of a role, once, within the hours that it lasts. The link is in the
 * answer to its making and nowhere else; the token stands behind {@code #}, so no server's log has it.
 */
public final class InvitationRoutes implements Routes {
    static final Duration LASTS_DEFAULT = Duration.ofDays(3);
    private static final String INVITATIONS = "/api/v1/invitations";
    private static final int BODY_BYTES_MAX = 16 << 10;
    private static final int HOURS_MAX = 30 * 24;
    private static final Rule MANAGE = Rule.of(Role.ADMIN, Scope.ADMIN);

    /** A link makes a person: no key makes links. */
    private static final Rule IN_PERSON = Rule.person(Role.ADMIN);

    private final PostgresInvitations invitations;
    private final Passwords passwords;

    public InvitationRoutes(PostgresInvitations invitations, Passwords passwords) {
        this.invitations = invitations;
        this.passwords = passwords;
    }

    @Override
    public void mount(Api api) {
        api.secured(HttpMethod.POST, INVITATIONS, IN_PERSON, BODY_BYTES_MAX, this::create);
        api.secured(HttpMethod.GET, INVITATIONS, MANAGE, 0, this::list);
        api.secured(HttpMethod.DELETE, INVITATIONS + "/:id", MANAGE, 0, this::delete);
        api.open(HttpMethod.POST, INVITATIONS + "/accept", BODY_BYTES_MAX, this::accept);
    }

    private Reply create(Call call) throws Problem {
        Form form = new Form(call.jsonObject());
        Role role = form.role();
        UserRoutes.mayGive(call.principal(), role);
        String email = form.email("email");
        Long hours = form.number("expires_in_hours", 1, HOURS_MAX);
        PostgresInvitations.Made made = invitations.create(
                call.actor(),
                call.principal().tenant(),
                role,
                email,
                hours == null ? LASTS_DEFAULT : Duration.ofHours(hours));
        return Reply.of(201, withLink(call, made));
    }

    static ObjectNode withLink(Call call, PostgresInvitations.Made made) {
        return PostgresInvitations.json(made.invitation())
                .put("token", made.token())
                .put("url", call.origin() + "/invitation#" + made.token());
    }

    private Reply list(Call call) throws Problem {
        int limit = Paths.limit(call);
        List<PostgresInvitations.Invitation> page = invitations.list(
                call.principal().tenant(), Paths.position(call, "before").orElse(Long.MAX_VALUE), limit);
        return Paths.page(page, limit, PostgresInvitations::json, PostgresInvitations.Invitation::id);
    }

    private Reply delete(Call call) throws Problem {
        if (!invitations.delete(call.actor(), Paths.id(call, "invitation"))) {
            throw Problem.of(404, "There is no open invitation with this id");
        }
        return Reply.of(204, MissingNode.getInstance());
    }

    private Reply accept(Call call) throws Problem {
        Form form = new Form(call.jsonObject());
        String token = form.requiredText("token");
        String username = form.username();
        String fullName = form.fullName();
        String password = form.password("password");
        if (!invitations.isOpen(token)) {
            throw unknown();
        }
        String hash = passwords.hash(password);
        PostgresInvitations.Outcome outcome =
                invitations.accept(token, username, fullName, hash, call.address(), call.requestId());
        return switch (outcome) {
            case PostgresInvitations.Outcome.Accepted(var user) -> Reply.of(201, PostgresUsers.json(user));
            case PostgresInvitations.Outcome.Unknown() -> throw unknown();
            case PostgresInvitations.Outcome.Taken() -> throw UserRoutes.taken();
        };
    }

    private static Problem unknown() {
        return Problem.of(
                404, "There is no such invitation: it was used or taken back, or has expired. Ask for another one");
    }
}
