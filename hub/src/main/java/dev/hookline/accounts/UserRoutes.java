package dev.hookline.accounts;

import com.fasterxml.jackson.databind.node.MissingNode;
import dev.hookline.access.Access;
import dev.hookline.access.Passwords;
import dev.hookline.access.PostgresUsers;
import dev.hookline.access.Principal;
import dev.hookline.access.Role;
import dev.hookline.access.Rule;
import dev.hookline.access.Scope;
import dev.hookline.access.User;
import dev.hookline.http.Api;
import dev.hookline.http.Call;
import dev.hookline.http.Problem;
import dev.hookline.http.Reply;
import dev.hookline.http.Routes;
import dev.hookline.kernel.Json;
import io.vertx.core.http.HttpMethod;
import java.util.List;
import java.util.Optional;

/**
 * {@code /api/v1/users}, for administrators, and {@code POST /api/v1/auth/password}, for everyone's own. Nobody gives a role
 * above the own, or touches who has one; a tenant keeps at least one active owner. A change of role, password or {@code
 * active} ends the user's sessions.
 */
public final class UserRoutes implements Routes {
    private static final String USERS = "/api/v1/users";
    private static final int BODY_BYTES_MAX = 16 << 10;
    private static final Rule MANAGE = Rule.of(Role.ADMIN, Scope.ADMIN);

    /** Passwords and roles: nobody whose key was found may make a person of it. */
    private static final Rule IN_PERSON = Rule.person(Role.ADMIN);

    private final PostgresUsers users;
    private final Access access;
    private final Passwords passwords;

    public UserRoutes(PostgresUsers users, Access access, Passwords passwords) {
        this.users = users;
        this.access = access;
        this.passwords = passwords;
    }

    @Override
    public void mount(Api api) {
        api.secured(HttpMethod.POST, USERS, IN_PERSON, BODY_BYTES_MAX, this::create);
        api.secured(HttpMethod.GET, USERS, MANAGE, 0, this::list);
        api.secured(HttpMethod.GET, USERS + "/:id", MANAGE, 0, this::show);
        api.secured(HttpMethod.PATCH, USERS + "/:id", IN_PERSON, BODY_BYTES_MAX, this::change);
        api.secured(HttpMethod.DELETE, USERS + "/:id", MANAGE, 0, this::delete);
        api.secured(
                HttpMethod.POST, "/api/v1/auth/password", Rule.person(Role.DEVICE), BODY_BYTES_MAX, this::ownPassword);
    }

    private Reply create(Call call) throws Problem {
        Form form = new Form(call.jsonObject());
        String username = form.username();
        String email = form.email("email");
        String fullName = form.fullName();
        Role role = form.role();
        mayGive(call.principal(), role);
        String hash = passwords.hash(form.password("password"));
        User made = users.create(call.actor(), new PostgresUsers.NewUser(username, email, fullName, role, hash))
                .orElseThrow(UserRoutes::taken);
        return Reply.of(201, PostgresUsers.json(made));
    }

    static Problem taken() {
        return Problem.of(409, "The name or the email address is another user's");
    }

    static void mayGive(Principal caller, Role role) throws Problem {
        if (!caller.role().isAtLeast(role)) {
            throw Problem.of(403, "Only an owner may make owners");
        }
    }

    private Reply list(Call call) throws Problem {
        int limit = Paths.limit(call);
        List<User> page = users.list(
                call.principal().tenant(), Paths.position(call, "after").orElse(0L), limit);
        return Paths.page(page, limit, PostgresUsers::json, User::id);
    }

    private Reply show(Call call) throws Problem {
        User user =
                users.find(call.principal().tenant(), Paths.id(call, "user")).orElseThrow(() -> Paths.noSuch("user"));
        return Reply.ok(PostgresUsers.json(user));
    }

    private Reply change(Call call) throws Problem {
        Form form = new Form(call.jsonObject());
        String email = form.email("email");
        String fullName = form.fullName();
        Optional<Role> role = form.has("role") ? Optional.of(form.role()) : Optional.empty();
        Boolean active = form.flag("active");
        String hash = form.has("password") ? passwords.hash(form.password("password")) : null;
        Principal caller = call.principal();
        Optional<User> changed = users.<Problem>change(call.actor(), Paths.id(call, "user"), (before, around) -> {
            PostgresUsers.Changed wanted = new PostgresUsers.Changed(
                    form.has("email") ? email : before.email(),
                    form.has("full_name") ? fullName : before.fullName(),
                    role.orElse(before.role()),
                    active == null ? before.active() : active,
                    hash);
            mayTouch(caller, before);
            mayGive(caller, wanted.role());
            if (!(wanted.active() && wanted.role() == Role.OWNER)) {
                keepsAnOwner(before, around);
            }
            if (wanted.email() != null && around.emailTaken().test(wanted.email())) {
                throw taken();
            }
            return wanted;
        });
        access.readRevocations();
        return Reply.ok(PostgresUsers.json(changed.orElseThrow(() -> Paths.noSuch("user"))));
    }

    private Reply delete(Call call) throws Problem {
        Principal caller = call.principal();
        boolean deleted = users.<Problem>delete(call.actor(), Paths.id(call, "user"), (user, around) -> {
            mayTouch(caller, user);
            keepsAnOwner(user, around);
            return user;
        });
        if (!deleted) {
            throw Paths.noSuch("user");
        }
        access.readRevocations();
        return Reply.of(204, MissingNode.getInstance());
    }

    private static void mayTouch(Principal caller, User user) throws Problem {
        if (!caller.role().isAtLeast(user.role())) {
            throw Problem.of(403, "Only an owner may change an owner");
        }
    }

    private static void keepsAnOwner(User user, PostgresUsers.Around around) throws Problem {
        if (user.role() == Role.OWNER && user.active() && around.otherOwners() == 0) {
            throw Problem.of(409, "This is the tenant's last owner; make another one first");
        }
    }

    private Reply ownPassword(Call call) throws Problem {
        Form form = new Form(call.jsonObject());
        String current = form.requiredText("current_password");
        String next = form.password("new_password");
        Optional<Access.Outcome> refusal = access.refusal(call.principal(), current, call.address());
        if (refusal.isPresent()) {
            throw refusal.get() instanceof Access.Outcome.Locked(long seconds)
                    ? Problem.tooMany((int) seconds, "Too many wrong passwords; wait, or ask an administrator")
                    : Problem.field("current_password", "'current_password' is not your password");
        }
        String hash = passwords.hash(next);
        users.<RuntimeException>change(
                call.actor(),
                call.principal().userId(),
                (before, _) -> new PostgresUsers.Changed(
                        before.email(), before.fullName(), before.role(), before.active(), hash));
        access.readRevocations();
        return Reply.ok(Json.object().put("success", true));
    }
}
