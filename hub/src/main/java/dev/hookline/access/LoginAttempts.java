package dev.hookline.access;

import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * How often one may guess a password within a quarter of an hour, on all nodes together: ten times for one name from one
 * network, so that a guesser locks out nobody but itself; a hundred times for one name, and from one network. What succeeds
 * does not count. A name that does not exist is counted as one that does.
 *
 * <p>An account that is found by its name and by its email address is counted as one besides, by the same limits. Only the
 * count of the name as it was given is ever told: whoever is refused by the other hears what a wrong password hears, for else
 * it would show that an address is an account's.
 */
final class LoginAttempts {
    static final Duration WINDOW = Duration.ofMinutes(15);
    static final int OF_NAME_AND_NETWORK_MAX = 10;
    static final int OF_EITHER_MAX = 100;
    private static final int IPV6_NETWORK_BYTES = 7;

    private record Limit(String key, @Nullable String name, int max) {}

    private final PostgresSessions store;

    LoginAttempts(PostgresSessions store) {
        this.store = store;
    }

    /** Counts an attempt: 0 when it may be made, else the seconds until one may. */
    long secondsToWait(String name, InetAddress address) {
        return count(limits(name, address));
    }

    /** Counts an attempt on an account, by whichever name: false when it may not be made, which nobody may be told. */
    boolean mayGuess(long account, InetAddress address) {
        return count(limits(account, address)) == 0;
    }

    private long count(List<Limit> limits) {
        List<Limit> counted = new ArrayList<>();
        for (Limit limit : limits) {
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
    void succeeded(String name, long account, InetAddress address) {
        succeeded(limits(name, address));
        succeeded(limits(account, address));
    }

    private void succeeded(List<Limit> limits) {
        store.forget(limits.getFirst().key);
        limits.stream().skip(1).forEach(limit -> store.forgive(limit.key));
    }

    /** The narrowest first: it is what stops a single guesser before others feel it. */
    private static List<Limit> limits(String name, InetAddress address) {
        String network = network(address);
        List<Limit> limits = new ArrayList<>(limits(nameKey(name), network));
        limits.add(new Limit(Secrets.hex("network " + network), null, OF_EITHER_MAX));
        return limits;
    }

    private static List<Limit> limits(long account, InetAddress address) {
        return limits(accountKey(account), network(address));
    }

    private static List<Limit> limits(String who, String network) {
        return List.of(
                new Limit(Secrets.hex(network + " " + who), who, OF_NAME_AND_NETWORK_MAX),
                new Limit(who, who, OF_EITHER_MAX));
    }

    static String nameKey(String name) {
        return Secrets.hex("name " + name.toLowerCase(Locale.ROOT));
    }

    static String accountKey(long account) {
        return Secrets.hex("account " + account);
    }

    /** Whoever has one IPv6 address may well have 2⁷² of them: a /56 is what providers give a customer. */
    private static String network(InetAddress address) {
        byte[] bytes = Cidr.bytes(address);
        return HexFormat.of().formatHex(bytes, 0, bytes.length == 4 ? 4 : IPV6_NETWORK_BYTES);
    }
}
