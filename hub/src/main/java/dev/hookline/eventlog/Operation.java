package dev.hookline.eventlog;

import java.util.Locale;

/** What happened to the record: Odoo's three operations, and {@code manual} for everything said by hand. */
public enum Operation {
    CREATE,
    WRITE,
    UNLINK,
    MANUAL;

    private final String text = name().toLowerCase(Locale.ROOT);

    /** As clients and the database see it: lower case. */
    public String text() {
        return text;
    }

    static Operation of(String text) {
        return valueOf(text.toUpperCase(Locale.ROOT));
    }
}
