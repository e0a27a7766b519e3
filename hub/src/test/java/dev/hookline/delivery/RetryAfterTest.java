package dev.hookline.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The forms of {@code Retry-After}, at 8:49:07 on the 6th of November 1994. */
class RetryAfterTest {
    private static final Instant NOW = Instant.parse("1994-11-06T08:49:07Z");

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "30 | 30",
                "' 0030 ' | 30",
                "0 | 0",
                "99999999999999999999 | 86400",
                "Sun, 06 Nov 1994 08:49:37 GMT | 30",
                "Sunday, 06-Nov-94 08:49:37 GMT | 30",
                "'Sun Nov  6 08:49:37 1994' | 30",
                "Sat, 05 Nov 1994 08:49:37 GMT | 0",
                "Tue, 06 Dec 1994 08:49:37 GMT | 86400",
                "Tuesday, 06-Dec-33 08:49:37 GMT | 86400",
            })
    void everyFormIsReadAndBoundedByADay(String value, long seconds) {
        assertThat(RetryAfter.parse(value, NOW)).isEqualTo(Duration.ofSeconds(seconds));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "soon", "-1", "1.5", "Sun, 06 Nov 1994", "1994-11-06T08:49:37Z"})
    void whatIsNoneIsNone(String value) {
        assertThat(RetryAfter.parse(value, NOW)).isNull();
    }
}
