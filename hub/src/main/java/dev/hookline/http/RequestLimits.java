package dev.hookline.http;

import dev.hookline.access.Cidr;
import dev.hookline.access.Principal;
import dev.hookline.access.RateLimit;
import dev.hookline.kernel.Time;
import java.net.InetAddress;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How many requests of one kind a user may send in a while, and how many an address that shows no token that counts (decision
 * 3). What is beyond it is answered 429 with {@code Retry-After}.
 */
public final class RequestLimits {
    private final @Nullable RateLimit ofMinute;
    private final @Nullable RateLimit ofHour;
    private final @Nullable RateLimit ofStrangers;
    private final int strangersPerMinute;

    /**
     * With nothing counted.
     *
     * @param enabled {@code RATE_LIMIT_ENABLED}
     * @param strangersPerMinute {@code RATE_LIMIT_PER_MINUTE}
     */
    public RequestLimits(boolean enabled, int strangersPerMinute, Time time) {
        this.ofMinute = enabled ? new RateLimit(time) : null;
        this.ofHour = enabled ? new RateLimit(time, Duration.ofHours(1)) : null;
        this.ofStrangers = enabled ? new RateLimit(time) : null;
        this.strangersPerMinute = strangersPerMinute;
    }

    /** An action for so many requests a minute of each user. Actions of one name are counted together. */
    public Api.Action perMinute(String name, int requests, Api.Action action) {
        return call -> {
            count(ofMinute, name, requests, call.principal());
            return action.handle(call);
        };
    }

    /** As {@link #perMinute}, in an hour. */
    public Api.Action perHour(String name, int requests, Api.Action action) {
        return call -> {
            count(ofHour, name, requests, call.principal());
            return action.handle(call);
        };
    }

    /** As {@link #perMinute}, of an action that answers later. */
    public Api.DeferredAction deferredPerMinute(String name, int requests, Api.DeferredAction action) {
        return (call, answer) -> {
            count(ofMinute, name, requests, call.principal());
            action.handle(call, answer);
        };
    }

    /** Counts a request that shows no token that counts: 401 with this text, or 429 for an address that sends too many. */
    Problem stranger(InetAddress address, String unauthorized) {
        int wait = ofStrangers == null ? 0 : ofStrangers.secondsToWait(Cidr.senderNetwork(address), strangersPerMinute);
        return wait > 0 ? Problem.tooMany(wait) : Problem.of(401, unauthorized);
    }

    private static void count(@Nullable RateLimit limit, String name, int requests, Principal principal)
            throws Problem {
        if (limit == null) {
            return;
        }
        int wait = limit.secondsToWait(principal.tenant() + "/" + principal.userId() + "/" + name, requests);
        if (wait > 0) {
            throw Problem.tooMany(wait);
        }
    }
}
