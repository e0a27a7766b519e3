package dev.hookline.delivery;

import dev.hookline.kernel.Limits;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Which event types a subscription gets: a type as it stands, case and all, or a pattern with stars. A star is a whole part
 * between dots. As the last part it stands for the rest of the name, one part or more; before that, for exactly one part. So
 * {@code invoice.*} is {@code invoice.created} and {@code invoice.line.created}, but not {@code invoice}; {@code
 * *.created} is {@code invoice.created}, but not {@code invoice.line.created}; and {@code *} is everything.
 */
final class EventPattern {
    private static final String STAR = "*";

    private final String[] parts;

    private EventPattern(String text) {
        parts = text.split("\\.", -1);
    }

    /** A pattern to match with; empty for a type as it stands. */
    static Optional<EventPattern> of(String text) {
        return text.indexOf('*') < 0 ? Optional.empty() : Optional.of(new EventPattern(text));
    }

    /** What is wrong with a text as an event type or a pattern; null for nothing. */
    static @Nullable String refusal(String text) {
        if (text.isEmpty() || text.length() > Limits.NAME_CHARS_MAX) {
            return "an event type has 1 to " + Limits.NAME_CHARS_MAX + " characters";
        }
        for (String part : text.split("\\.", -1)) {
            if (part.indexOf('*') >= 0 && !part.equals(STAR)) {
                return "in '" + text + "' a star is not a whole part between dots, as in invoice.* or *.created";
            }
        }
        return null;
    }

    boolean matches(String type) {
        int from = 0;
        for (int i = 0; i < parts.length; i++) {
            boolean last = i == parts.length - 1;
            if (last && parts[i].equals(STAR)) {
                return true;
            }
            int dot = type.indexOf('.', from);
            if (last != (dot < 0)) {
                return false;
            }
            int end = last ? type.length() : dot;
            boolean same = parts[i].length() == end - from && type.startsWith(parts[i], from);
            if (!same && !parts[i].equals(STAR)) {
                return false;
            }
            from = end + 1;
        }
        return true;
    }
}
