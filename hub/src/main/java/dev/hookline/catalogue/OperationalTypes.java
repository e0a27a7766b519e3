package dev.hookline.catalogue;

import java.util.Set;

/** The types of the events by which the hub tells of failures of its own. Nobody else makes events of these types. */
public final class OperationalTypes {
    /** A delivery was given up. */
    public static final String DEAD = "webhook.delivery.dead";

    /** The hub paused a subscription itself. */
    public static final String DISABLED = "webhook.subscription.disabled";

    private static final Set<String> ALL = Set.of(DEAD, DISABLED);

    private OperationalTypes() {}

    public static boolean contains(String type) {
        return ALL.contains(type);
    }
}
