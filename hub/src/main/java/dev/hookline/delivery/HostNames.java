package dev.hookline.delivery;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;

/** Finds the addresses of a host name: the JDK in production, a script in tests. May block for long. */
interface HostNames {
    /**
     * At least one address.
     *
     * @throws UnknownHostException when there is none, or nobody knows
     */
    List<InetAddress> addresses(String name) throws UnknownHostException;
}
