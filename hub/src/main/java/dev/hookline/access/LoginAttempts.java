package dev.hookline.access;

import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * How often one may guess a password within a quarter of an hour, on all nodes together: ten times for one name from one
 * network, so that a guesser locks out nobody but itself; a hundred times for one name, and from one network. What succeeds
 * does not count. A name that does not exist is counted as one that does.
 */
final class LoginAttempts {
    static final Duration WINDOW = Duration.ofMinutes(15);
    static final int OF_NAME_AND_NETWORK_MAX = 10;
    static final int OF_EITHER_MAX = 100;

    private record Limit(String key, @Nullable String name, int max) {}

    private final PostgresSessions store;

    LoginAttempts(PostgresSessions store) {
        this.store = store;
    }

    /** Counts an attempt: 0 when it may be made, else the seconds until one may. */
    long secondsToWait(String name, InetAddress address) {
        List<Limit> counted = new ArrayList<>();
        for (Limit limit : limits(name, address)) {
            PostgresSessions.Attempts attempts = store.attempt(limit.key, limit.name, WINDOW);
            if (attempts.count() > limit.max) {
                counted.forEach(earlier -> store.forgive(earlier.key));
                return Math.max(1, attempts.secondsLeft());
            }
            counted.add(limit);
        }
        return 0;
    }

    /** The attempt was made by who knows the password. */
    void succeeded(String name, InetAddress address) {
        List<Limit> limits = limits(name, address);
        store.forget(limits.getFirst().key);
        limits.stream().skip(1).forEach(limit -> store.forgive(limit.key));
    }

    /** The narrowest first: it is what stops a single guesser before others feel it. */
    private static List<Limit> limits(String name, InetAddress address) {
        String who = nameKey(name);
        String network = Cidr.senderNetwork(address);
        return List.of(
                new Limit(Secrets.hex(network + " " + who), who, OF_NAME_AND_NETWORK_MAX),
                new Limit(who, who, OF_EITHER_MAX),
                new Limit(Secrets.hex("network " + network), null, OF_EITHER_MAX));
    }

    static String nameKey(String name) {
        return Secrets.hex("name " + name.toLowerCase(Locale.ROOT));
    }
}
