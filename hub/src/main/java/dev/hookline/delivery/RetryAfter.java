package dev.hookline.delivery;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.temporal.ChronoField;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The header {@code Retry-After} of RFC 9110: whole seconds, or a date in any of the three forms of its section 5.6.7. */
final class RetryAfter {
    private static final Duration MAX = Duration.ofDays(1);
    private static final Pattern SECONDS = Pattern.compile("0*([0-9]{1,9})");
    private static final Pattern MANY_SECONDS = Pattern.compile("[0-9]+");
    private static final int YEARS_BACK = 50;

    private RetryAfter() {}

    /** The wait that it asks for, from now, a day at most and never below 0; null for none that can be read. */
    static @Nullable Duration parse(@Nullable String value, Instant now) {
        if (value == null) {
            return null;
        }
        String text = value.strip();
        Matcher seconds = SECONDS.matcher(text);
        if (seconds.matches()) {
            return bounded(Duration.ofSeconds(Long.parseLong(seconds.group(1))));
        }
        if (MANY_SECONDS.matcher(text).matches()) {
            return MAX;
        }
        for (DateTimeFormatter form :
                List.of(DateTimeFormatter.RFC_1123_DATE_TIME, rfc850(now), form("EEE MMM ppd HH:mm:ss yyyy"))) {
            try {
                return bounded(Duration.between(now, form.parse(text, Instant::from)));
            } catch (DateTimeException _) {
                // The next form.
            }
        }
        return null;
    }

    private static DateTimeFormatter form(String pattern) {
        return DateTimeFormatter.ofPattern(pattern, Locale.ENGLISH).withZone(ZoneOffset.UTC);
    }

    /** A year of two digits is at most 50 years ahead. */
    private static DateTimeFormatter rfc850(Instant now) {
        LocalDate earliest = LocalDate.ofInstant(now, ZoneOffset.UTC).minusYears(YEARS_BACK - 1L);
        return new DateTimeFormatterBuilder()
                .appendPattern("EEEE, dd-MMM-")
                .appendValueReduced(ChronoField.YEAR, 2, 2, earliest)
                .appendPattern(" HH:mm:ss 'GMT'")
                .toFormatter(Locale.ENGLISH)
                .withZone(ZoneOffset.UTC);
    }

    private static Duration bounded(Duration wait) {
        if (wait.isNegative()) {
            return Duration.ZERO;
        }
        return wait.compareTo(MAX) > 0 ? MAX : wait;
    }
}
