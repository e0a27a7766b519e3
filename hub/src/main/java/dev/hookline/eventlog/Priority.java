package dev.hookline.eventlog;

import java.util.Locale;

/** How urgent an event is. Delivery weighs it; no priority starves another. */
public enum Priority {
    HIGH,
    MEDIUM,
    LOW;

    private final String text = name().toLowerCase(Locale.ROOT);

    /** As clients and the database see it: lower case. */
    public String text() {
        return text;
    }

    static Priority of(String text) {
        return valueOf(text.toUpperCase(Locale.ROOT));
    }
}
