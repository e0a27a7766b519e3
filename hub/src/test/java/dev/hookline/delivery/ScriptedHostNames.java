package dev.hookline.delivery;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Names that a test gives addresses to: at each look-up the next of a list, and at last the same again and again. */
final class ScriptedHostNames implements HostNames {
    private final Map<String, List<String>> answers = new HashMap<>();
    private final List<String> asked = new ArrayList<>();

    synchronized ScriptedHostNames name(String name, String... addresses) {
        answers.put(name, new ArrayList<>(List.of(addresses)));
        return this;
    }

    synchronized List<String> asked() {
        return List.copyOf(asked);
    }

    @Override
    public synchronized List<InetAddress> addresses(String name) throws UnknownHostException {
        asked.add(name);
        List<String> left = answers.get(name);
        if (left == null) {
            throw new UnknownHostException(name);
        }
        return List.of(InetAddress.ofLiteral(left.size() > 1 ? left.removeFirst() : left.getFirst()));
    }
}
