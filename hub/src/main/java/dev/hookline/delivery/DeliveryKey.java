package dev.hookline.delivery;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** One event for one subscription. Clients see it as {@code <subscription>-<position>}. */
public record DeliveryKey(long subscription, long position) {
    private static final Pattern TEXT = Pattern.compile("(\\d{1,18})-(\\d{1,18})");

    /** Reads what clients see; empty for any other text. */
    public static Optional<DeliveryKey> of(String text) {
        Matcher matcher = TEXT.matcher(text);
        return matcher.matches()
                ? Optional.of(new DeliveryKey(Long.parseLong(matcher.group(1)), Long.parseLong(matcher.group(2))))
                : Optional.empty();
    }

    public String text() {
        return subscription + "-" + position;
    }
}
