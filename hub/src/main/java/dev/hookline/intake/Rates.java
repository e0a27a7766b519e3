package dev.hookline.intake;

import dev.hookline.access.Cidr;
import dev.hookline.access.RateLimit;
import dev.hookline.http.ClientAddresses;
import dev.hookline.http.Problem;
import dev.hookline.kernel.Time;
import java.net.InetAddress;
import org.jspecify.annotations.Nullable;

/**
 * How many calls without proof a source takes (decision 3): so many a minute of one address, and of all. A call that proves
 * its sender is never refused by a rate; it waits in the queue, and only a full queue refuses it.
 */
public final class Rates {
    private final ClientAddresses addresses;
    private final @Nullable RateLimit limit;

    /**
     * With nothing counted.
     *
     * @param enabled {@code RATE_LIMIT_ENABLED}
     */
    public Rates(ClientAddresses addresses, boolean enabled, Time time) {
        this.addresses = addresses;
        this.limit = enabled ? new RateLimit(time) : null;
    }

    InetAddress address(Received received) {
        InetAddress known = received.address;
        if (known == null) {
            known = addresses.of(received.context().request());
            received.address = known;
        }
        return known;
    }

    /** Counts a call that proves nothing. */
    void count(Received received) throws Problem {
        if (limit == null) {
            return;
        }
        Source source = received.source().source();
        Integer ofAddress = source.addressRatePerMinute();
        Integer ofAll = source.ratePerMinute();
        int wait = ofAddress == null
                ? 0
                : limit.secondsToWait(source.id() + "/" + Cidr.senderNetwork(address(received)), ofAddress);
        if (wait == 0 && ofAll != null) {
            wait = limit.secondsToWait(Long.toString(source.id()), ofAll);
        }
        if (wait > 0) {
            throw Problem.tooMany(wait);
        }
    }
}
