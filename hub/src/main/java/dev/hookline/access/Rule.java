package dev.hookline.access;

import java.util.Optional;
import java.util.Set;

/**
 * Who may call a route. Data, so that a test can hold every route against it.
 *
 * @param role the least of those who may
 * @param scopes of which an API key needs one; empty where no key may call
 * @param audience whether the role is enough
 */
public record Rule(Role role, Set<Scope> scopes, Audience audience) {
    /** Whom a role has to belong to. */
    public enum Audience {
        /** Nobody in particular: the route asks for no token, or for a proof of its own. */
        ANYONE,
        /** A user of any tenant, for what is that tenant's. */
        TENANT,
        /** A user of the tenant that runs the hub. */
        PLATFORM
    }

    /** No token is asked for. */
    public static final Rule OPEN = new Rule(Role.DEVICE, Set.of(Scope.values()), Audience.ANYONE);

    /** Whoever brings a token or a key: for what concerns only the caller. */
    public static final Rule SIGNED_IN = new Rule(Role.DEVICE, Set.of(Scope.values()), Audience.TENANT);

    /** A role, and for API keys a scope. */
    public static Rule of(Role role, Scope scope) {
        return new Rule(role, Set.of(scope), Audience.TENANT);
    }

    /** Somebody who signed in; not a program with an API key. */
    public static Rule person(Role role) {
        return new Rule(role, Set.of(), Audience.TENANT);
    }

    /** Owners of the tenant that runs the hub. */
    public static Rule platformOwner() {
        return new Rule(Role.OWNER, Set.of(), Audience.PLATFORM);
    }

    /** Why a caller may not, in words for the caller; empty when the caller may. */
    public Optional<String> refusal(Principal caller) {
        if (audience == Audience.ANYONE) {
            return Optional.empty();
        }
        if (!caller.role().isAtLeast(role)) {
            return Optional.of("This needs the role '" + role.text() + "'; yours is '"
                    + caller.role().text() + "'");
        }
        if (audience == Audience.PLATFORM && !caller.tenant().equals(Principal.PLATFORM_TENANT)) {
            return Optional.of("This is for the owners of the tenant '" + Principal.PLATFORM_TENANT + "'");
        }
        if (caller.isApiKey() && scopes.isEmpty()) {
            return Optional.of("No API key may do this: sign in with a password");
        }
        if (caller.isApiKey() && scopes.stream().noneMatch(caller.scopes()::contains)) {
            return Optional.of("This needs an API key with the scope '"
                    + scopes.iterator().next().text() + "'");
        }
        return Optional.empty();
    }
}
