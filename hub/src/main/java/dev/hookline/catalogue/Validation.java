package dev.hookline.catalogue;

import java.util.Locale;

/** What a tenant does with a published event that is not as its type's schema says. */
public enum Validation {
    /** It is stored, and the answer says what is wrong. */
    WARN,
    /** The request is refused. */
    REFUSE;

    private final String text = name().toLowerCase(Locale.ROOT);

    /** As clients and the database see it: lower case. */
    public String text() {
        return text;
    }
}
