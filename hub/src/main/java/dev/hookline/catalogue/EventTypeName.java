package dev.hookline.catalogue;

import dev.hookline.kernel.Limits;
import java.util.regex.Pattern;

/** How event types are named. Those that sources bring along ({@code sale.order.write}) need not be in any catalogue. */
final class EventTypeName {
    static final String RULE =
            "two or more parts joined by dots, each of lower-case letters, digits, _ and -, as in 'shipment.delivered'";

    private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9_-]*(\\.[a-z0-9_-]+)+");

    private EventTypeName() {}

    static boolean isRight(String name) {
        return name.length() <= Limits.NAME_CHARS_MAX && NAME.matcher(name).matches();
    }
}
